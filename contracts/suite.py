"""The suite: every check and every probe, and how an exchange passes the checks.

Nothing registers itself. A file of checks ends with its `CHECKS`, a file of probes with its `PROBES`; here is one line
for each file.
"""

from collections.abc import Callable, Iterator, Mapping

from mockserver.contracts.check import Check, Deviation, ExchangeView
from mockserver.contracts.checks import chat_grammar, conformity, consistency, failures, framing, messages_grammar
from mockserver.contracts.probe import ProbeCase
from mockserver.contracts.probes import account, auth, conversation, errors, generated, robustness

CHECKS: Mapping[str, Check] = {
    check.promise: check
    for check in (
        *conformity.CHECKS,
        *framing.CHECKS,
        *messages_grammar.CHECKS,
        *chat_grammar.CHECKS,
        *consistency.CHECKS,
        *failures.CHECKS,
    )
}
"""Promise -> its check. A promise has at most one."""

PROBES: tuple[ProbeCase, ...] = (
    *conversation.PROBES,
    *auth.PROBES,
    *errors.PROBES,
    *robustness.PROBES,
    *account.PROBES,
    *generated.PROBES,
)
"""Every probe, in the order in which a run plays them."""

MOST_DEVIATIONS = 5
"""Deviations of one promise that are reported from one exchange."""


def probe_cases(profile: str) -> list[ProbeCase]:
    """Return the probes of a profile, in their order."""
    return [case for case in PROBES if profile in case.profiles]


def run_checks(
    view: ExchangeView, chosen: Callable[[str], bool] = lambda promise: True
) -> Iterator[tuple[str, list[Deviation]]]:
    """Yield every promise that concerns an exchange, with its deviations; an empty list means that it was kept."""
    view.memory.count += 1
    for promise, check in CHECKS.items():
        if not chosen(promise):
            continue
        try:
            if not check.concerns(view):
                continue
            problems = list(dict.fromkeys(check.problems(view)))[:MOST_DEVIATIONS]
        except Exception as error:  # no answer of a target may stop a run
            problems = [f"the answer cannot be read: {type(error).__name__}: {error}"[:200]]
        yield promise, [Deviation(promise, got, view.exchange) for got in problems]
