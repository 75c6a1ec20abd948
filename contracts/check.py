"""Judges: pure functions that read one exchange and say what in it breaks a promise.

A judge is registered under the name of its promise, with the question whether an exchange concerns it at all. It yields
one sentence for each thing that it saw; nothing yielded is a promise kept. Judges see answers of any quality, so they
read with `dig`, and an exception in one is itself a finding: the answer could not even be read.

`Memory` is for the few promises about all answers of a run (ids are never used twice).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import PROMISES


@dataclass(frozen=True)
class Deviation:
    """One thing that speaks against a promise; without an exchange it is about several."""

    promise: str
    got: str
    exchange: CheckedExchange | None = None


MOST_IDS = 1_000_000
"""A soak has no end, but its memory has: the oldest ids are forgotten."""


@dataclass
class Memory:
    """What was seen earlier in a run: id -> the exchange that had it first."""

    ids: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def first(self, id: str) -> int:
        """The exchange that had an id first; this one, if it is new."""
        if id not in self.ids and len(self.ids) >= MOST_IDS:
            del self.ids[next(iter(self.ids))]
        return self.ids.setdefault(id, self.count)


@dataclass(frozen=True)
class ExchangeView:
    """What a judge sees: an exchange, the contract, the operation (None: not in the contract), and the settings."""

    exchange: CheckedExchange
    document: ContractDocument
    operation: OperationSpec | None
    memory: Memory = field(default_factory=Memory)
    short_sse: bool = False
    latency: float | None = None


Check: TypeAlias = Callable[[ExchangeView], Iterable[str]]
Question: TypeAlias = Callable[[ExchangeView], bool]
CHECKS: dict[str, tuple[Question, Check]] = {}


def checks(name: str, when: Question) -> Callable[[Check], Check]:
    """Register a judge under the name of its promise."""
    assert name in PROMISES, f"no promise is named {name!r}"
    assert name not in CHECKS, f"{name!r} has a judge already"

    def register(judge: Check) -> Check:
        CHECKS[name] = (when, judge)
        return judge

    return register


def load() -> Mapping[str, tuple[Question, Check]]:
    """All judges."""
    from mockserver.contracts.checks import chat_grammar, conformity, consistency, failures, framing, messages_grammar

    assert all((chat_grammar, conformity, consistency, failures, framing, messages_grammar))
    return CHECKS


def check(
    sight: ExchangeView, chosen: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[str, list[Deviation]]]:
    """Each promise that an exchange concerns, with what speaks against it (nothing: kept)."""
    sight.memory.count += 1
    for name, (concerns, one) in load().items():
        if not chosen(name):
            continue
        try:
            if not concerns(sight):
                continue
            found = list(dict.fromkeys(one(sight)))[:5]
        except Exception as error:
            found = [f"the answer cannot be read: {type(error).__name__}: {error}"[:200]]
        yield name, [Deviation(name, got, sight.exchange) for got in found]


def is_answered(sight: ExchangeView) -> bool:
    """Whether anything came back."""
    return sight.exchange.answer.status > 0


def is_ok(sight: ExchangeView) -> bool:
    """Whether a conversation was answered 200."""
    return sight.operation is not None and sight.operation.is_conversation and sight.exchange.answer.status == 200


def is_failure(sight: ExchangeView) -> bool:
    """Whether it is an error status with a body to judge."""
    return sight.exchange.answer.status >= 400 and sight.exchange.asked.method != "HEAD"


def is_stream(sight: ExchangeView) -> bool:
    """Whether a conversation was answered with events."""
    return is_ok(sight) and sight.exchange.answer.is_stream


def is_messages_stream(sight: ExchangeView) -> bool:
    """Whether the events are Anthropic's."""
    return is_stream(sight) and sight.operation is not None and sight.operation.wire == "anthropic"


def is_chat_stream(sight: ExchangeView) -> bool:
    """Whether the events are OpenAI's."""
    return is_stream(sight) and sight.operation is not None and sight.operation.wire == "openai"
