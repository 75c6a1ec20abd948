"""A request on its way in: one look-up of its route, one parse of its body, however many stages ask for them."""

from copy import copy

import msgspec
import orjson
import pytest

from mockserver.accounts.session import QueuedResponse, Session
from mockserver.core.conversation import Json
from mockserver.core.errors import Refusal
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.openapi.body_schema import BodySchema
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import Parameters
from tests.engine.test_chaos import profile
from tests.support.engine import HELLO, KEY, MESSAGES, NOW, contract, turns

RULES = "  - {when: {last: user}, faults: crlf}\n  - {when: {stream: true}, probability: 50%, error: {status: 503}}\n"
CONVERSATION: dict[str, Json] = {"model": "m", "max_tokens": 9, "messages": HELLO, "stream": True}


class CountingSchema(BodySchema):
    """The schema of a body, which counts the bodies that it validates."""

    __slots__ = ("_counts", "_schema_counted")

    def __init__(self, schema: BodySchema, counts: list[str]) -> None:
        self._schema_counted = schema
        self._counts = counts

    def validate(self, body: Json) -> None:
        self._counts.append("parse")
        self._schema_counted.validate(body)


def counting(counts: list[str]) -> Contract:
    """Return the contract, which counts look-ups of a route and bodies that were parsed."""
    original = contract()
    counted = copy(original)

    def find(method: str, path: str) -> tuple[Operation, Parameters]:
        counts.append("look-up")
        operation, parameters = original.find(method, path)
        if operation.validator is not None:
            validator = CountingSchema(operation.validator, counts)
            operation = msgspec.structs.replace(operation, validator=validator)
        return operation, parameters

    counted.find = find  # type: ignore[method-assign]  # a double that counts
    return counted


@pytest.fixture
def counts() -> list[str]:
    return []


@pytest.fixture
def engine(counts: list[str]) -> Engine:
    script = turns("  - {when: {last: user}, reply: hello, times: always}\n")
    chaos = ChaosSettings({"test": profile(RULES)}, "test")
    return Engine(counting(counts), {script.name: script}, EngineSettings(scenario=script.name), chaos=chaos)


def posted(body: bytes, path: str = MESSAGES) -> Request:
    return Request("POST", path, KEY, body)


def told(result: tuple[Session, Decision]) -> tuple[Session, Decision]:
    """Return a result without the faults that were laid over the answer: each has a generator of its own."""
    session, decision = result
    return session, msgspec.structs.replace(decision, laid=())


def test_a_request_is_routed_and_parsed_once_whatever_looks_at_it(engine: Engine, counts: list[str]) -> None:
    arrival = engine.arrive(posted(orjson.dumps(CONVERSATION)))
    assert arrival.session_id is not None
    engine.decide(Session(arrival.session_id), arrival, NOW)
    assert counts == ["look-up", "parse"]


def test_a_store_that_tries_again_does_not_parse_again(engine: Engine, counts: list[str]) -> None:
    arrival = engine.arrive(posted(orjson.dumps(CONVERSATION)))
    results = [told(engine.decide(Session("s"), arrival, NOW)) for _ in range(3)]
    assert counts == ["look-up", "parse"]
    assert results[0] == results[1] == results[2]


def test_a_queued_response_does_not_parse_again(engine: Engine, counts: list[str]) -> None:
    queued = QueuedResponse("q", '{"when": {"last": "user"}, "reply": "next"}')
    session = Session("s")
    session = msgspec.structs.replace(session, overrides=msgspec.structs.replace(session.overrides, queued=(queued,)))
    engine.step(session, posted(orjson.dumps(CONVERSATION)), NOW)
    assert counts == ["look-up", "parse"]


def test_a_refused_body_is_parsed_once_too(engine: Engine, counts: list[str]) -> None:
    _, decision = engine.step(Session("s"), posted(b'{"messages": []}'), NOW)
    assert decision.note.code == "invalid_request"
    assert counts == ["look-up", "parse"]


def test_an_unknown_route_is_looked_up_once_and_never_parsed(engine: Engine, counts: list[str]) -> None:
    arrival = engine.arrive(posted(b"{", "/nowhere"))
    assert arrival.session_id is not None
    _, decision = engine.decide(Session(arrival.session_id), arrival, NOW)
    assert (decision.note.code, counts) == ("unknown_route", ["look-up"])


def test_a_step_is_what_arriving_and_deciding_give(engine: Engine) -> None:
    request = posted(orjson.dumps(CONVERSATION))
    stepped, decided = engine.step(Session("s"), request, NOW), engine.decide(Session("s"), engine.arrive(request), NOW)
    assert told(stepped) == told(decided)


def test_the_call_of_a_refused_request_raises_its_refusal_each_time(engine: Engine) -> None:
    arrival = engine.arrive(posted(b"{"))
    for _ in range(2):
        with pytest.raises(Refusal, match="not valid JSON"):
            arrival.call()


def test_the_call_of_a_plain_request_is_the_one_that_would_be_checked(engine: Engine) -> None:
    request = Request("POST", MESSAGES, KEY, orjson.dumps(CONVERSATION))
    arrival, checked = engine.arrive(request), engine.arrive(request)
    assert arrival.plain_call() == msgspec.structs.replace(checked.call(), operation=arrival.routed())
    assert arrival.plain_call() is arrival.call()
