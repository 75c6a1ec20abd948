"""Records: the journal as people ask it. A record is one exchange, with everything that can be read of it.

Everything is derived when it is asked for, from what the journal has kept. A record is asked with the same words as
`when` in a scenario: `journal.find(last="tool_result", headers={"x-team": "a"})`.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property

import orjson

from mockserver.core.conversation import Conversation, Json, Usage
from mockserver.core.errors import Refusal
from mockserver.engine.request import Request, read_call
from mockserver.files.fragments import check_fragment
from mockserver.journal.log import Exchange
from mockserver.journal.received import ReceivedAnswer, ReceivedEvent, events_of, read
from mockserver.journal.redact import is_secret, response_headers
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Matcher, differences
from mockserver.scenarios.when import When, compile_when
from mockserver.wires import WIRES

NO_ROUTE = Operation(
    id="",
    name="no operation",
    method="",
    path="",
    wire="json",
    variant="plain",
    invalid_status=400,
    schemes=(),
    key_optional=True,
    max_tokens=None,
    statuses=(),
    example=None,
)
"""What a request to a path that is not served asks for."""


class Record:
    """One exchange. `exchange` is as the journal keeps it; `number` counts from 1 among those that are looked at."""

    def __init__(self, exchange: Exchange, contract: Contract, number: int | None = None) -> None:
        self.exchange = exchange
        self.number = exchange.number if number is None else number
        self._contract = contract

    def __repr__(self) -> str:
        return f"<{self.number} {self.method} {self.path} {self.status}>"

    @property
    def at(self) -> float:
        """When it arrived, by the session's clock, in seconds since the epoch."""
        return self.exchange.at

    @property
    def received_at(self) -> float:
        """When it arrived, by the host's clock, in seconds since the epoch."""
        return self.exchange.captured.received_at

    @property
    def ended_at(self) -> float:
        """When its answer ended, by the host's clock, in seconds since the epoch."""
        return self.exchange.captured.ended_at

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.exchange.method

    @property
    def path(self) -> str:
        """The path of the request."""
        return self.exchange.path

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request, by lower-case name; secrets are masked."""
        return self.exchange.captured.headers

    @property
    def body(self) -> bytes:
        """The body of the request as it came."""
        return self.exchange.body

    @cached_property
    def json(self) -> Json:
        """The JSON of the request's body, or None."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @cached_property
    def call(self) -> Call:
        """The request as matchers see it. One that the contract refuses has no conversation."""
        request = Request(self.method, self.path, self.headers, self.body)
        try:
            operation, parameters = self._contract.find(self.method, self.path)
        except Refusal:
            return Call(operation=NO_ROUTE, conversation=None, path=self.path, headers=self.headers)
        try:
            return read_call(operation, request, parameters)
        except Refusal:
            body = self.json if isinstance(self.json, dict) else {}
            return Call(operation=operation, conversation=None, path=self.path, headers=self.headers, body=body)

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that was sent, parsed; None if it is none or was refused."""
        return self.call.conversation

    @cached_property
    def conversation_sent(self) -> Conversation | None:
        """The conversation, also where it was refused, if it can be read at all."""
        operation = self.call.operation
        if self.conversation is not None or operation.wire == "json" or not isinstance(self.json, dict):
            return self.conversation
        try:
            return WIRES[operation.wire].parse(self.json, operation.max_tokens)
        except (Refusal, KeyError, TypeError, AttributeError, ValueError):
            return None

    @property
    def status(self) -> int:
        """The status of the answer; 0 if none was sent."""
        return self.exchange.outcome.status

    @property
    def ended(self) -> str:
        """Who ended it: complete, closed, reset, client_left, server_stopped."""
        return self.exchange.outcome.ended

    @property
    def session(self) -> str:
        """The session that it belongs to."""
        return self.exchange.note.session

    @property
    def seed(self) -> str:
        """The seed that it was answered with."""
        return self.exchange.note.seed

    @property
    def scenario(self) -> str:
        """The scenario that answered, or nothing."""
        return self.exchange.note.scenario

    @property
    def turn(self) -> int:
        """The turn that answered, from 1; 0 if none did."""
        return self.exchange.note.turn

    @property
    def code(self) -> str:
        """The stable word of its error, or nothing."""
        return self.exchange.note.code

    @property
    def misses(self) -> tuple[str, ...]:
        """Why no turn matched, the nearest first."""
        return self.exchange.note.misses

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults of its turn."""
        return self.exchange.note.faults

    @property
    def draws(self) -> tuple[str, ...]:
        """The rules of chaos that fired."""
        return self.exchange.note.draws

    @property
    def usage(self) -> Usage | None:
        """The tokens that the answer told of."""
        return self.exchange.note.usage

    @property
    def credits_before(self) -> Decimal | None:
        """The balance before it; None where nothing is paid."""
        balance = self.exchange.captured.credits
        return None if balance is None else balance.before

    @property
    def credits_after(self) -> Decimal | None:
        """The balance once it was settled."""
        balance = self.exchange.captured.credits
        return None if balance is None else balance.after

    @property
    def sdk(self) -> str:
        """The name and version that the client gives itself."""
        return " ".join(self.exchange.client.split(" ", 2)[:2])

    @property
    def retry(self) -> int | None:
        """Which retry it is, from 0, as the official SDKs say; None from whoever does not."""
        told = self.headers.get("x-stainless-retry-count", "")
        return int(told) if told.isdecimal() and len(told) < 6 else None

    @cached_property
    def response_headers(self) -> Mapping[str, str]:
        """The headers of the answer, by lower-case name; secrets are masked."""
        return response_headers(self.exchange.captured.actions)

    @cached_property
    def events(self) -> tuple[ReceivedEvent, ...]:
        """The answer as it was delivered, event by event."""
        return events_of(self.exchange)

    @cached_property
    def answer(self) -> ReceivedAnswer:
        """What a client can have understood of the answer."""
        return read(self.exchange)

    def differences(self, asked: "JournalQuery") -> list[Difference]:
        """Why it is not what is asked for; nothing if it is."""
        return differences(asked.matchers, self.call)


class JournalQuery:
    """What is asked of the journal: the words of `when`, checked. Raises `AuthorError` for words that mean nothing."""

    def __init__(self, words: Mapping[str, object]) -> None:
        self.words = {"not" if name == "not_" else name: value for name, value in words.items()}
        when = _checked(self.words)
        _refuse_secrets(when)
        self.matchers: tuple[Matcher, ...] = compile_when(when)

    def __str__(self) -> str:
        return ", ".join([f"{name}: {_shown(value)}" for name, value in self.words.items()]) or "any request"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _checked(words: Mapping[str, object]) -> When:
    try:
        return check_fragment(When, words, "what is asked of the journal")
    except TypeError:
        raise ValueError(f"the words of `when` are texts, numbers, lists and mappings, not {words!r}") from None


def _refuse_secrets(when: When) -> None:
    """Secrets are not kept, so nothing can be asked of them."""
    named = [name for name in when.headers or {} if is_secret(name)]
    if when.key is not None or named:
        what = f"the header {named[0]}" if named else "the key"
        raise ValueError(f"{what} cannot be asked for: secrets are taken out before the journal keeps a request")


class Records:
    """Some of a journal's exchanges, oldest first: an ordinary sequence, and `find`."""

    def __init__(self, gather: Callable[[], list[Record]]) -> None:
        self._gather = gather

    def __len__(self) -> int:
        return len(self._gather())

    def __iter__(self) -> Iterator[Record]:
        return iter(self._gather())

    def __getitem__(self, index: int) -> Record:
        return self._gather()[index]

    @property
    def last(self) -> Record:
        """The latest. Raises IndexError if there is none."""
        return self._gather()[-1]

    def find(self, **when: object) -> list[Record]:
        """Those that are so, in the words of `when`."""
        asked = JournalQuery(when)
        return [record for record in self._gather() if not record.differences(asked)]
