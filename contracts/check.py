"""A check: a pure function that reads one exchange and says what in it breaks a promise.

A check has the name of its promise and a condition: whether the promise concerns the exchange at all. It yields one
sentence for each deviation; if it yields nothing, the promise is kept. Checks see answers of any quality, so they read
with `dig`. An exception in a check is an error of the gate and no deviation: it says nothing about the target.

An answer that did not end properly keeps no promise, because nobody knows what would have come. It can break one. Only
a check with `head=True` reads nothing but the status and the headers, and judges such an answer too.

To add one, decorate a function with `@check`, and name it in the `CHECKS` at the end of its file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import PROMISES


@dataclass(frozen=True)
class Deviation:
    """One thing that speaks against a promise. Without an exchange it is about several of them."""

    promise: str
    got: str
    exchange: CheckedExchange | None = None


@dataclass(frozen=True)
class CheckOutcome:
    """What is known of one promise after an exchange or a probe: deviations (none: kept), or why the check failed."""

    promise: str
    deviations: tuple[Deviation, ...] = ()
    error: str = ""


MOST_IDS = 1_000_000
"""A soak has no end, but its memory has: the oldest ids are forgotten."""


@dataclass
class Memory:
    """What a run has seen so far, for the promises about all its answers: id -> the exchange that had it first."""

    ids: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def first(self, id: str) -> int:
        """Return the number of the exchange that had an id first; that of the current one if the id is new."""
        if id not in self.ids and len(self.ids) >= MOST_IDS:
            del self.ids[next(iter(self.ids))]
        return self.ids.setdefault(id, self.count)


@dataclass(frozen=True)
class ExchangeView:
    """What a check reads: an exchange, the contract, the operation (None: not in the contract), and the settings."""

    exchange: CheckedExchange
    document: ContractDocument
    operation: OperationSpec | None
    memory: Memory = field(default_factory=Memory)
    short_sse: bool = False
    latency: float | None = None


Condition: TypeAlias = Callable[[ExchangeView], bool]
Problems: TypeAlias = Callable[[ExchangeView], Iterable[str]]


@dataclass(frozen=True)
class Check:
    """The check of one promise: which exchanges it concerns, what is wrong with one, and whether it needs no body."""

    promise: str
    concerns: Condition
    problems: Problems
    head: bool = False


def check(promise: str, when: Condition, *, head: bool = False) -> Callable[[Problems], Check]:
    """Make a function the check of a promise, for the exchanges of which `when` is true."""
    assert promise in PROMISES, f"no promise is named {promise!r}"
    return lambda problems: Check(promise, when, problems, head)


def is_answered(view: ExchangeView) -> bool:
    """Return whether the gateway answered at all."""
    return view.exchange.response.status > 0


def is_ok(view: ExchangeView) -> bool:
    """Return whether a conversation was answered 200."""
    return view.operation is not None and view.operation.is_conversation and view.exchange.response.status == 200


def is_failure(view: ExchangeView) -> bool:
    """Return whether the answer is an error with a body."""
    return view.exchange.response.status >= 400 and view.exchange.request.method != "HEAD"


def is_stream(view: ExchangeView) -> bool:
    """Return whether a conversation was answered with server-sent events."""
    return is_ok(view) and view.exchange.response.is_stream


def is_messages_stream(view: ExchangeView) -> bool:
    """Return whether the answer is a stream of the Anthropic wire."""
    return is_stream(view) and view.operation is not None and view.operation.wire == "anthropic"


def is_chat_stream(view: ExchangeView) -> bool:
    """Return whether the answer is a stream of the OpenAI wire."""
    return is_stream(view) and view.operation is not None and view.operation.wire == "openai"
