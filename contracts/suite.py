"""The suite: every check and every probe, and how an exchange passes the checks.

Nothing registers itself. A file of checks ends with its `CHECKS`, a file of probes with its `PROBES`; here is one line
for each file.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from mockserver.contracts.check import Check, CheckOutcome, Deviation, ExchangeView
from mockserver.contracts.checks import chat_grammar, conformity, consistency, failures, framing, messages_grammar
from mockserver.contracts.probe import ProbeCase
from mockserver.contracts.probes import (
    account,
    auth,
    boundaries,
    capabilities,
    conversation,
    conversations,
    document_auth,
    documented,
    errors,
    explored,
    generated,
    hosts,
    ownership,
    resources,
    robustness,
    smuggling,
    together,
)
from mockserver.contracts.promises import PROMISES

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
    *capabilities.PROBES,
    *auth.PROBES,
    *errors.PROBES,
    *boundaries.PROBES,
    *robustness.PROBES,
    *smuggling.PROBES,
    *hosts.PROBES,
    *account.PROBES,
    *together.PROBES,
    *ownership.PROBES,
    *conversations.PROBES,
    *generated.PROBES,
    *documented.PROBES,
    *document_auth.PROBES,
    *resources.PROBES,
    *explored.PROBES,
)
"""Every probe, in the order in which a run plays them."""

_TALKS = ("streams", "tool_use")

PROVOKED_BY: Mapping[str, tuple[str, ...]] = {
    "conformity": ("shown_requests", "plain_answers", "streams", "nothing_sent", "no_json"),
    "framing": _TALKS,
    "messages": _TALKS,
    "chat": _TALKS,
    "consistency": ("plain_answers", *_TALKS, "cut_short"),
    "errors": ("invalid_bodies", "nothing_sent", "no_json", "missing"),
    "auth-no-echo": ("plain_answers", "nothing_sent", "anthropic_keys"),
}
"""Promise or group -> the probes whose answers its checks read if only it is to be examined."""

MOST_DEVIATIONS = 5
"""Deviations of one promise that are reported from one exchange."""


def probe_cases(profile: str, promises: Collection[str] | None = None) -> list[ProbeCase]:
    """Return the probes of a profile, in their order; with `promises` only those that they need."""
    cases = [case for case in PROBES if profile in case.profiles]
    if promises is None:
        return cases
    own = {promise for case in cases for promise in case.promises}
    needed = {name for promise in promises for name in _provokers(promise, has_probe=promise in own)}
    return [case for case in cases if case.name in needed or not set(promises).isdisjoint(case.promises)]


def _provokers(promise: str, *, has_probe: bool) -> tuple[str, ...]:
    """Return the probes that provoke what a check reads. A promise with a probe of its own needs no other."""
    if promise in PROVOKED_BY:
        return PROVOKED_BY[promise]
    return PROVOKED_BY.get(PROMISES[promise].group, ()) if promise in CHECKS and not has_probe else ()


def run_checks(view: ExchangeView, chosen: Callable[[str], bool] = lambda promise: True) -> Iterator[CheckOutcome]:
    """Yield the outcome of every promise that an exchange concerns and can decide."""
    view.memory.count += 1
    is_whole = view.exchange.response.ended == "complete"
    for promise, check in CHECKS.items():
        if not chosen(promise):
            continue
        try:
            if not check.concerns(view):
                continue
            problems = list(dict.fromkeys(check.problems(view)))[:MOST_DEVIATIONS]
        except Exception as error:  # no answer of a target may stop a run
            yield CheckOutcome(promise, error=f"the check failed: {type(error).__name__}: {error}"[:200])
            continue
        if problems or is_whole or check.head:
            yield CheckOutcome(promise, tuple(Deviation(promise, got, view.exchange) for got in problems))
