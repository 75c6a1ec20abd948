"""The verdict on a client: what it did wrong, with the evidence, from what the journal has recorded.

`client_rules` has the rules; this module applies each of them to the requests of one client. A rule yields only what it
can prove, so an empty verdict means that no problem was found.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from mockserver.journal.client_rules import RULES, ClientLimits, RuleContext
from mockserver.journal.client_rules.history import History
from mockserver.journal.record import Record
from mockserver.journal.retries import arrival, group_tries

NO_REQUEST = "no request came"


def advice(right: str, reason: str) -> str:
    """Return the lines that follow a finding; the page has the same labels."""
    return f"    instead: {right}\n    why: {reason}"


def _requests(numbers: Sequence[int]) -> str:
    return f"request{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"


class Finding(msgspec.Struct, frozen=True):
    """One mistake of the client: the rule, the requests by number, the evidence, what is right, and why."""

    rule: str
    requests: tuple[int, ...]
    evidence: str
    right: str
    reason: str

    def __str__(self) -> str:
        return f"{self.rule} ({_requests(self.requests)}): {self.evidence}\n{advice(self.right, self.reason)}"


class Verdict:
    """The findings on a client; false when there are none: `assert not gateway.verdict()`.

    `checked` are the rules that the requests gave something to check, and `unchecked` has the others with the reason.
    `warnings` are no mistakes of the client: what the mock accepted although another gateway may refuse it, and
    scripted replies that break the schema asked for, with the numbers of the requests.
    """

    def __init__(
        self,
        findings: Sequence[Finding],
        requests: int = 0,
        unchecked: Mapping[str, str] = MappingProxyType({}),
        warnings: Mapping[str, Sequence[int]] = MappingProxyType({}),
    ) -> None:
        self.findings = tuple(findings)
        self.requests = requests
        self.unchecked = dict(unchecked)
        self.warnings = {text: tuple(numbers) for text, numbers in warnings.items()}
        self.checked = tuple([rule.name for rule in RULES if rule.name not in self.unchecked])

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        return "\n".join([*(map(str, self.findings) if self.findings else self._coverage()), *self._notes()])

    def _coverage(self) -> Iterator[str]:
        """Yield what was checked where nothing was found, and what could not be."""
        count = f"{self.requests} request{'' if self.requests == 1 else 's'}"
        if not self.checked:
            yield f"No problems found in {count}. Nothing was checked: {NO_REQUEST}."
            return
        yield f"No problems found in {count}. Checked: {', '.join(self.checked)}."
        for name, why in self.unchecked.items():
            yield f"  not checked: {name} ({why})"

    def _notes(self) -> Iterator[str]:
        """Yield what the mock accepted and noted."""
        for text, numbers in self.warnings.items():
            yield f"  note: {text} ({_requests(numbers)})"

    @property
    def rules(self) -> set[str]:
        """The names of the rules that were broken."""
        return {finding.rule for finding in self.findings}


def judge(records: Sequence[Record], limits: ClientLimits = ClientLimits()) -> Verdict:  # noqa: B008 - immutable
    """Return the verdict on the client that sent these requests."""
    in_order = sorted(records, key=arrival)
    context = RuleContext(in_order, group_tries(records), limits, History(in_order))
    return Verdict(
        [
            Finding(
                rule.name,
                tuple([record.number for record in evidence.records]),
                evidence.text,
                rule.right,
                rule.reason,
            )
            for rule in RULES
            for evidence in rule.find(context)
        ],
        len(records),
        unchecked(context),
        list_warnings(records),
    )


def list_warnings(records: Sequence[Record]) -> dict[str, list[int]]:
    """Return what the mock accepted and noted, each with the numbers of the requests."""
    numbers: dict[str, list[int]] = {}
    for record in sorted(records, key=arrival):
        for text in record.warnings:
            numbers.setdefault(text, []).append(record.number)
    return numbers


def unchecked(context: RuleContext) -> dict[str, str]:
    """Return the rules to which the requests gave nothing to check, with the reason."""
    if not context.records:
        return dict.fromkeys([rule.name for rule in RULES], NO_REQUEST)
    return {rule.name: why for rule in RULES if (why := rule.unchecked(context))}
