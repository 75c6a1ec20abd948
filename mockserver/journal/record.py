"""Records: the exchanges of the journal, with everything that can be read from them.

Everything is derived on demand from what the journal has kept. Queries use the keys of `when` in a scenario:
`journal.find(last="tool_result", headers={"x-team": "a"})`.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import orjson

from mockserver.core.conversation import Conversation, Json, Usage
from mockserver.core.errors import Refusal
from mockserver.core.json_text import json_or_none
from mockserver.engine.request import Request, read_call
from mockserver.journal.log import Exchange
from mockserver.journal.received import ReceivedAnswer, ReceivedEvent, events_of, read
from mockserver.journal.redact import is_secret, response_headers
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Matcher, differences
from mockserver.wires import WIRES

if TYPE_CHECKING:
    from mockserver.scenarios.when import When

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
"""The operation of a request whose path is not served."""


def call_of(request: Request, contract: Contract, *, lenient: bool = False) -> Call:
    """Return a past request as matchers see it. One that the contract rejects has no conversation."""
    try:
        operation, parameters = contract.find(request.method, request.path)
    except Refusal:
        operation = msgspec.structs.replace(NO_ROUTE, method=request.method)
    else:
        try:
            return read_call(operation, request, parameters, lenient=lenient)
        except Refusal:
            pass
    sent = json_or_none(request.body)
    body = sent if isinstance(sent, dict) else {}
    return Call(operation=operation, conversation=None, path=request.path, headers=request.headers, body=body)


class Record:
    """One exchange. `exchange` is the journal's entry; `number` counts from 1 among the records of one query.

    `facts` has what was worked out of the exchange before (see `facts.py`).
    """

    def __init__(
        self,
        exchange: Exchange,
        contract: Contract,
        number: int | None = None,
        facts: dict[object, object] | None = None,
    ) -> None:
        self.exchange = exchange
        self.facts: dict[object, object] = facts if facts is not None else {}
        self.number = exchange.number if number is None else number
        self._contract = contract

    def __repr__(self) -> str:
        return f"<{self.number} {self.method} {self.path} {self.status}>"

    def copy(self) -> "Record":
        """Return a record of the same exchange that has parsed nothing yet."""
        return Record(self.exchange, self._contract, self.number, self.facts)

    @property
    def at(self) -> float:
        """When the request arrived, by the session's clock, in seconds since the epoch."""
        return self.exchange.at

    @property
    def received_at(self) -> float:
        """When the request arrived, by the host's clock, in seconds since the epoch."""
        return self.exchange.captured.received_at

    @property
    def ended_at(self) -> float:
        """When the answer ended, by the host's clock, in seconds since the epoch."""
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
        """The body of the request, with the caller's keys masked."""
        return self.exchange.body

    @cached_property
    def json(self) -> Json:
        """The JSON of the request's body, or None."""
        return json_or_none(self.body)

    @cached_property
    def operation(self) -> Operation:
        """The operation of the request; `NO_ROUTE` if its path or method is not served."""
        try:
            return self._contract.find(self.method, self.path)[0]
        except Refusal:
            return NO_ROUTE

    @cached_property
    def call(self) -> Call:
        """The request as matchers see it. A request that the contract rejects has no conversation."""
        request = Request(self.method, self.path, self.headers, self.body)
        return msgspec.structs.replace(
            call_of(request, self._contract, lenient=bool(self.warnings)), cache=self.exchange.note.cache
        )

    @property
    def conversation(self) -> Conversation | None:
        """The conversation of the request; None if it has none or was rejected."""
        return self.call.conversation

    @cached_property
    def conversation_sent(self) -> Conversation | None:
        """The conversation of the request, also of a rejected one, as far as it is one; None without a JSON object."""
        operation = self.call.operation
        if self.conversation is not None or operation.wire == "json" or not isinstance(self.json, dict):
            return self.conversation
        return WIRES[operation.wire].parse(self.json, operation.max_tokens)

    @property
    def status(self) -> int:
        """The status of the answer; 0 if none was sent."""
        return self.exchange.outcome.status

    @property
    def ended(self) -> str:
        """How the answer ended: complete, closed, reset, client_left or server_stopped."""
        return self.exchange.outcome.ended

    @property
    def session(self) -> str:
        """The session that the request belongs to."""
        return self.exchange.note.session

    @property
    def seed(self) -> str:
        """The seed of the answer."""
        return self.exchange.note.seed

    @property
    def scenario(self) -> str:
        """The scenario that answered, or ""."""
        return self.exchange.note.scenario

    @property
    def turn(self) -> int:
        """The turn that answered, counted from 1; 0 if none did."""
        return self.exchange.note.turn

    @property
    def code(self) -> str:
        """The error code of the answer, or ""."""
        return self.exchange.note.code

    @property
    def misses(self) -> tuple[str, ...]:
        """Why no turn matched, the nearest turn first."""
        return self.exchange.note.misses

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults of the turn that answered."""
        return self.exchange.note.faults

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the client should know of its request, although it was answered (`x-mock-note`)."""
        return self.exchange.note.warnings

    @property
    def draws(self) -> tuple[str, ...]:
        """The chaos rules that fired."""
        return self.exchange.note.draws

    @property
    def usage(self) -> Usage | None:
        """The tokens that the answer reported."""
        return self.exchange.note.usage

    @property
    def credits_before(self) -> Decimal | None:
        """The balance before the answer was paid; None where nothing is paid."""
        balance = self.exchange.captured.credits
        return None if balance is None else balance.before

    @property
    def credits_after(self) -> Decimal | None:
        """The balance after the answer was settled; None where nothing is paid."""
        balance = self.exchange.captured.credits
        return None if balance is None else balance.after

    @property
    def sdk(self) -> str:
        """The name and version of the client, from its user-agent."""
        return " ".join(self.exchange.client.split(" ", 2)[:2])

    @property
    def retry(self) -> int | None:
        """The number of the retry, as the official SDKs send it, from 0; None if the client sent none."""
        value = self.headers.get("x-stainless-retry-count", "")
        return int(value) if value.isdecimal() and len(value) < 6 else None

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

    def differences(self, query: "JournalQuery") -> list[Difference]:
        """Return how the request differs from a query; an empty list if it matches. What it parses is not kept."""
        return differences(query.matchers, self.copy().call) if query.matchers else []


class JournalQuery:
    """A query with the keys of `when`. Raises `AuthorError` for an unknown key or a wrong value."""

    def __init__(self, when: Mapping[str, object]) -> None:
        self.keys = {"not" if name == "not_" else name: value for name, value in when.items()}
        self.matchers: tuple[Matcher, ...] = ()
        if not when:
            return  # any request; what reads and compiles a condition is imported for one only
        from mockserver.scenarios.when import compile_when

        checked = _checked(self.keys)
        _refuse_secrets(checked)
        self.matchers = compile_when(checked)

    def __str__(self) -> str:
        return ", ".join([f"{name}: {_text(value)}" for name, value in self.keys.items()]) or "any request"


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _checked(keys: Mapping[str, object]) -> "When":
    from mockserver.files.fragments import check_fragment
    from mockserver.scenarios.when import When

    try:
        return check_fragment(When, keys, "journal query")
    except TypeError:
        raise ValueError(f"the values in `when` must be texts, numbers, lists or mappings, not {keys!r}") from None


def _refuse_secrets(when: "When") -> None:
    """Raise `ValueError` if a query looks for a secret: the journal keeps none."""
    secret_headers = [name for name in when.headers or {} if is_secret(name)]
    if when.key is not None or secret_headers:
        subject = f"the header {secret_headers[0]}" if secret_headers else "the key"
        raise ValueError(f"cannot search for {subject}: secrets are removed before the journal keeps a request")


class Records:
    """Some of a journal's exchanges, oldest first: a sequence with `find`."""

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
        """The latest record. Raises `IndexError` if there is none."""
        return self._gather()[-1]

    def find(self, **when: object) -> list[Record]:
        """Return the records that match these keys of `when`."""
        query = JournalQuery(when)
        return [record for record in self._gather() if not record.differences(query)]
