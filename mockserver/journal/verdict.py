"""The verdict on a client: what it did wrong, with the evidence, from what the journal has seen.

`RULES` is the whole of it: each rule says what is right and why, and looks for the opposite. No finding without
evidence: where what came can be explained by a correct client, nothing is said. The rules speak of what a client did on
the wire; whether its program coped with the result is for the test to say.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from mockserver.journal import client_rules
from mockserver.journal.client_rules import ClientLimits, Found, RuleContext
from mockserver.journal.record import Record
from mockserver.journal.retries import arrived, group


class Finding(msgspec.Struct, frozen=True):
    """One thing that the client did wrong: the rule, the requests by number, and what shows it."""

    rule: str
    requests: tuple[int, ...]
    evidence: str
    right: str
    reason: str

    def __str__(self) -> str:
        where = ", ".join(map(str, self.requests))
        return f"{self.rule} (request {where}): {self.evidence}\n    right: {self.right}\n    because: {self.reason}"


class ClientRule(NamedTuple):
    """A rule: what is right, why, and what finds the opposite."""

    name: str
    right: str
    reason: str
    find: Callable[[RuleContext], Found]


class Verdict:
    """The findings: nothing, and so false, for a client without blame. `assert not gateway.verdict()`."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.findings)) or "nothing to blame"

    @property
    def rules(self) -> set[str]:
        """The names of the rules that were broken."""
        return {finding.rule for finding in self.findings}


def judge(records: Sequence[Record], limits: ClientLimits = ClientLimits()) -> Verdict:  # noqa: B008 - frozen
    """The verdict on the client that sent these."""
    run = RuleContext(sorted(records, key=lambda one: (arrived(one), one.number)), group(records), limits)
    return Verdict(
        [
            Finding(rule.name, tuple([record.number for record in shown]), evidence, rule.right, rule.reason)
            for rule in RULES
            for shown, evidence in rule.find(run)
        ]
    )


RULES: tuple[ClientRule, ...] = (
    ClientRule(
        "retry-after-ignored",
        "wait at least as long as retry-after says",
        "earlier tries are refused as well, and keep the window full (RFC 9110, 10.2.3)",
        client_rules.ignored_retry_after,
    ),
    ClientRule(
        "retried-in-vain",
        "do not repeat a request that was refused for what it is",
        "400, 401, 402, 403, 404, 405, 413 and 422 get the same answer again; the official SDKs do not retry them",
        client_rules.retried_in_vain,
    ),
    ClientRule(
        "gave-up-early",
        "try a 429, 503 or 529 again, after the wait",
        "the server has said that it will pass; the official SDKs try three times",
        client_rules.gave_up,
    ),
    ClientRule(
        "no-back-off",
        "wait between tries, longer each time, and stop after a few",
        "a failing server gets no better by more requests; the official SDKs wait half a second, then one",
        client_rules.storm,
    ),
    ClientRule(
        "credits-ignored",
        "stop at 402 until credits were bought",
        "no later request can be answered either (D1)",
        client_rules.went_on_without_credits,
    ),
    ClientRule(
        "truncated-accepted",
        "take a stream for complete only when message_stop or [DONE] has come",
        "what is missing can change the meaning, and the history is wrong from here on",
        client_rules.accepted_truncated,
    ),
    ClientRule(
        "error-event-ignored",
        "treat an error event as the end of a failed answer",
        "a stream that has begun cannot have another status than 200; the event is how it fails",
        client_rules.ignored_error_event,
    ),
    ClientRule(
        "invalid-arguments-used",
        "check a tool's arguments before it is called, and answer with is_error",
        "a model's arguments can be cut off or wrong; the model can mend them when it is told",
        client_rules.used_invalid_arguments,
    ),
    ClientRule(
        "tool-result-mismatched",
        "answer each tool call exactly once, by its id, in the next message",
        "the gateway refuses the conversation with 400 otherwise",
        client_rules.mismatched_results,
    ),
    ClientRule(
        "unbounded-history",
        "shorten the history before it is too long",
        "every message is paid for again in every request, until the model's context is full",
        client_rules.unbounded_history,
    ),
    ClientRule(
        "key-leaked",
        "send the key in its header only",
        "bodies are logged, stored and shown to models",
        client_rules.leaked_key,
    ),
    ClientRule(
        "no-read-timeout",
        "give up on an answer that stays silent",
        "a connection can be dead without being closed; the official SDKs give up after 600 s",
        client_rules.no_read_timeout,
    ),
    ClientRule(
        "too-concurrent",
        "keep to the number of requests at a time that is allowed",
        "what is more is refused, or takes the place of others",
        client_rules.too_concurrent,
    ),
)
