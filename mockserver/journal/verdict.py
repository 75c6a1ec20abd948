"""The verdict on a client: what it did wrong, with the evidence, from what the journal has recorded.

`client_rules` has the rules; this module applies each of them to the requests of one client. A rule yields only what it
can prove, so an empty verdict means that no problem was found.
"""

from collections.abc import Iterator, Sequence

import msgspec

from mockserver.journal.client_rules import RULES, ClientLimits, RuleContext
from mockserver.journal.record import Record
from mockserver.journal.retries import arrival, group_tries


class Finding(msgspec.Struct, frozen=True):
    """One mistake of the client: the rule, the requests by number, the evidence, what is right, and why."""

    rule: str
    requests: tuple[int, ...]
    evidence: str
    right: str
    reason: str

    def __str__(self) -> str:
        requests = f"request{'' if len(self.requests) == 1 else 's'} {', '.join(map(str, self.requests))}"
        return f"{self.rule} ({requests}): {self.evidence}\n    do: {self.right}\n    why: {self.reason}"


class Verdict:
    """The findings on a client; false when there are none: `assert not gateway.verdict()`."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.findings)) or "No problems found."

    @property
    def rules(self) -> set[str]:
        """The names of the rules that were broken."""
        return {finding.rule for finding in self.findings}


def judge(records: Sequence[Record], limits: ClientLimits = ClientLimits()) -> Verdict:  # noqa: B008 - immutable
    """Return the verdict on the client that sent these requests."""
    context = RuleContext(sorted(records, key=arrival), group_tries(records), limits)
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
        ]
    )
