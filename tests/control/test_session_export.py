"""Export and import of sessions: a round trip changes nothing, and invalid documents are rejected."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.accounts.ledger import Ledger, RateWindow, Reservation
from mockserver.accounts.session import ChaosMemory, Overrides, Progress, QueuedResponse, Session, Timeline
from mockserver.control.context import ControlContext
from mockserver.control.session_export import FORMAT, from_document, to_document
from tests.control.support import Served, error_of, serving
from tests.support.engine import CHAT, MESSAGES, script
from tests.support.properties import examples

ONE = script("scenario: one\nturns: [{reply: hi, times: always}]")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(ONE, playing="one") as served:
        yield served


names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:@-]{0,30}\Z")
words = st.text(max_size=20)
moments = st.floats(-1e9, 3e10)
counts = st.integers(0, 10**9)
amounts = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=6)
ledgers = st.builds(
    Ledger,
    anchor=counts,
    period=st.tuples(counts, counts),
    granted=amounts,
    used=amounts,
    tokens=st.dictionaries(words, counts, max_size=3),
    windows=st.dictionaries(words, st.builds(RateWindow, counts, counts), max_size=3),
    holds=st.dictionaries(words, st.builds(Reservation, amounts, counts, words, counts), max_size=3),
    answers=counts,
)
queued = st.sampled_from(['{"reply":"hi"}', '{"faults":["reset"]}', '{"error":{"status":429},"when":{"last":"user"}}'])
clocks = st.builds(Timeline, st.floats(2e9, 3e9), st.floats(1.7e9, 1.9e9), st.just(0.0) | st.floats(0.1, 10))
sessions = st.builds(
    Session,
    names,
    words,
    counts,
    progress=st.dictionaries(
        words, st.builds(Progress, st.dictionaries(counts, counts, max_size=3), words, counts, words), max_size=3
    ),
    clock=clocks,
    ledgers=st.dictionaries(words, ledgers, max_size=3),
    revoked=st.dictionaries(words, counts, max_size=3),
    chaos=st.none() | st.builds(ChaosMemory, moments, st.just("none"), st.dictionaries(counts, counts, max_size=3)),
    began=st.none() | moments,
    overrides=st.builds(
        Overrides,
        st.none() | st.sampled_from(["one", "none"]),
        st.none() | st.sampled_from(['{"first":"1ms"}', "{}"]),
        st.none() | st.sampled_from(['{"plan":"starter","credits":3}']),
        st.lists(st.builds(QueuedResponse, words, queued, st.none() | st.integers(1, 99)), max_size=3).map(tuple),
    ),
)


@given(sessions)
def test_out_and_in_again_is_the_same(served: Served, session: Session) -> None:
    context = ControlContext(served.controlled.config)
    document = to_document(session)
    again = from_document(type(document).model_validate_json(document.model_dump_json()), context)
    assert again == session
    assert to_document(again) == document


def whole(**changed: JsonValue) -> dict[str, Any]:  # Any: a document that tests modify
    """Return the export of a session that uses every field."""
    windows, holds = {"w": RateWindow(1, 2)}, {"h": Reservation(Decimal(1), 2, "t", 3)}
    ledger = Ledger(anchor=1, period=(1, 2), granted=Decimal(5), windows=windows, holds=holds)
    session = Session(
        "a",
        progress={"one": Progress({1: 1})},
        ledgers={"scenario:one": ledger},
        chaos=ChaosMemory(0.0, "none"),
        overrides=Overrides("one", "{}", '{"plan":"starter"}', (QueuedResponse("w", '{"reply":"hi"}'),)),
    )
    return orjson.loads(msgspec.json.encode(session)) | changed  # type: ignore[no-any-return]  # an object, it is


def spoilt(*path: str | int, to: JsonValue) -> Callable[[dict[str, Any]], None]:
    """Return a function that replaces the value at one place of a document."""

    def spoil(document: dict[str, Any]) -> None:
        place: Any = document
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = to

    return spoil


LEDGER = ("ledgers", "scenario:one")


def emptied(document: dict[str, Any]) -> None:
    document.clear()


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "no name": spoilt("id", to=""),
    "a name with a slash": spoilt("id", to="a/b"),
    "a long name": spoilt("id", to="a" * 101),
    "a name that is a number": spoilt("id", to=7),
    "an unknown key": spoilt("sessoin", to=1),
    "an unknown key deep inside": spoilt("clock", "sped", to=1),
    "fewer requests than none": spoilt("requests", to=-1),
    "requests as text": spoilt("requests", to="1"),
    "a long seed": spoilt("seed", to="s" * 101),
    "a clock that runs backwards": spoilt("clock", "speed", to=-1.0),
    "a clock that hardly moves": spoilt("clock", "speed", to=1e-9),
    "a clock that is too fast": spoilt("clock", "speed", to=1e300),
    "a clock beyond the calendar": spoilt("clock", "origin", to=1e300),
    "a clock that has run too far": spoilt("clock", to={"origin": 0.0, "anchor": -3e10, "speed": 1000.0}),
    "a moment beyond the calendar": spoilt("began", to=-1e300),
    "chaos beyond the calendar": spoilt("chaos", "began", to=1e300),
    "chaos that is not there": spoilt("chaos", "profile", to="storm"),
    "a scenario that is not there": spoilt("steering", "scenario", to="two"),
    "turns used up below zero": spoilt("progress", "one", "used_up", to=-5),
    "hits that are texts": spoilt("progress", "one", "hits", to={"1": "many"}),
    "hits of no turn": spoilt("progress", "one", "hits", to={"first": 1}),
    "an amount that is none": spoilt(*LEDGER, "granted", to="NaN"),
    "an amount without end": spoilt(*LEDGER, "used", to="Infinity"),
    "an amount beyond all": spoilt(*LEDGER, "used", to="1e999999"),
    "a hold that is none": spoilt(*LEDGER, "holds", "h", "credits", to="sNaN"),
    "an anchor beyond the calendar": spoilt(*LEDGER, "anchor", to=10**18),
    "a period beyond the calendar": spoilt(*LEDGER, "period", to=[1, 10**18]),
    "a period of one": spoilt(*LEDGER, "period", to=[1]),
    "a pace that is no JSON": spoilt("steering", "pace", to="{"),
    "a pace that is a list": spoilt("steering", "pace", to="[]"),
    "a pace that means nothing": spoilt("steering", "pace", to='{"frist": 1}'),
    "an account that means nothing": spoilt("steering", "account", to='{"plan": "gold"}'),
    "a turn that is no JSON": spoilt("steering", "waiting", 0, "words", to="hi"),
    "a turn that means nothing": spoilt("steering", "waiting", 0, "words", to='{"replay": "hi"}'),
    "a turn without anything": spoilt("steering", "waiting", 0, "words", to="{}"),
    "a turn for no request": spoilt("steering", "waiting", 0, "times", to=0),
    "a queue without end": spoilt("steering", "waiting", to=[{"id": "w", "words": '{"reply":"hi"}', "times": 1}] * 101),
    "nothing": emptied,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_document_that_means_nothing_is_refused_and_changes_nothing(kind: str, served: Served) -> None:
    document = whole()
    served.post("/sessions/import", {"format": FORMAT, "session": document}, 201)
    before = served.get("/sessions/a/export")
    HOSTILE[kind](document)
    answer = served.control.post("/sessions/import", json={"format": FORMAT, "session": document})
    assert answer.status_code == 422, answer.text
    assert "\n" not in error_of(answer)["message"]
    assert served.get("/sessions/a/export") == before
    assert [session["id"] for session in served.get("/sessions")] == ["a"]


@pytest.mark.parametrize(
    "body", [{}, {"format": FORMAT}, {"format": "0.0.0", "session": {}}, {"format": 1, "session": {}}, []]
)
def test_a_document_of_another_kind_is_refused(body: JsonValue, served: Served) -> None:
    assert served.control.post("/sessions/import", json=body).status_code == 422


@settings(max_examples=examples(25))  # each costs several requests
@given(sessions)
def test_whatever_is_let_in_no_request_fails_of_it_later(served: Served, session: Session) -> None:
    served.post("/sessions/import", to_document(session).model_dump(), 201)
    for path in (MESSAGES, CHAT):
        with suppress(httpx.TransportError):  # a reset may be what was queued
            assert served.ask(path=path, headers={"x-mock-session": session.id}).status_code < 500
    assert served.control.get(f"/sessions/{session.id}").status_code == 200
    assert list(served.app.failures) == []
    served.control.delete(f"/sessions/{session.id}")
