"""What a session is: a frozen value, and the name under which a request finds it."""

import msgspec
import pytest

from mockserver.accounts.keys import session_of
from mockserver.accounts.session import HEADER, VIRTUAL_ORIGIN, Progress, Session, Timeline, name_session, start_clock
from mockserver.core.errors import Refusal

KEY_A, KEY_B = session_of("sk_a"), session_of("sk_b")

NAMES: list[tuple[dict[str, str], str | None]] = [
    ({}, "anonymous"),
    ({"x-api-key": "sk_a"}, KEY_A),
    ({"authorization": "Bearer sk_a"}, KEY_A),
    ({"x-api-key": " sk_a "}, KEY_A),
    ({"x-api-key": "sk_a", "authorization": "Bearer sk_b"}, KEY_A),
    ({"x-api-key": "", "authorization": "Bearer sk_b"}, KEY_B),
    ({"authorization": "Basic sk_a"}, "anonymous"),
    ({HEADER: "mine"}, "mine"),
    ({HEADER: "mine", "x-api-key": "sk_a"}, "mine"),
    ({HEADER: "0.a_B:c@d-e"}, "0.a_B:c@d-e"),
    ({HEADER: "a" * 100}, "a" * 100),
    ({"x-api-key": "sk-ant-x"}, None),
    ({"authorization": "Bearer sk-ant-x"}, None),
    ({HEADER: "mine", "x-api-key": "sk-ant-x"}, None),
]


@pytest.mark.parametrize(("headers", "name"), NAMES)
def test_a_session_is_named_by_its_header_else_by_the_key(headers: dict[str, str], name: str | None) -> None:
    assert name_session(headers) == name


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", ".", "ä", "a/b", "a\n", "<script>", "a" * 101])
def test_a_header_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        name_session({HEADER: name})
    assert (refused.value.failure.status, refused.value.failure.code) == (400, "invalid_session")


def test_a_new_session_has_played_nothing() -> None:
    session = Session("a")
    assert (session.requests, session.progress_of("greeting")) == (0, Progress(hits={}, state="start"))


def test_a_request_is_counted() -> None:
    assert Session("a", "7").counted().counted() == Session("a", "7", 2)


def test_each_scenario_has_its_own_progress() -> None:
    session = Session("a").with_progress("one", Progress({1: 2})).with_progress("two", Progress({1: 1}, "asked"))
    assert [session.progress_of(name) for name in ("one", "two")] == [Progress({1: 2}), Progress({1: 1}, "asked")]


def test_a_session_is_never_changed() -> None:
    before = Session("a").with_progress("one", Progress({1: 1}))
    before.with_progress("one", Progress({1: 2}))
    before.counted()
    before.advanced(0.0, 10.0)
    assert before == Session("a").with_progress("one", Progress({1: 1}))


def test_a_session_survives_being_stored() -> None:
    session = Session("a", "7").counted().with_progress("one", Progress({3: 1}, "asked", 2)).advanced(5.0, 1.0)
    assert msgspec.json.decode(msgspec.json.encode(session), type=Session) == session


def test_a_changed_script_begins_anew() -> None:
    session = Session("a").with_progress("one", Progress({1: 2}, "asked", 1, "edition 1"))
    assert session.progress_of("one", "edition 2") == Progress(edition="edition 2")


STARTED = [
    ("as the host's", start_clock(500.0, virtual=False), 510.0, 510.0),
    ("fast, from the host's present", start_clock(500.0, virtual=False, speed=60.0), 510.0, 1_100.0),
    ("virtual, always from one moment", start_clock(500.0, virtual=True), 510.0, VIRTUAL_ORIGIN),
]


@pytest.mark.parametrize(("how", "clock", "host", "time"), STARTED)
def test_a_servers_sessions_begin_with_its_clock(how: str, clock: Timeline, host: float, time: float) -> None:
    assert clock.at(host) == time


def test_only_a_clock_that_stands_still_is_virtual() -> None:
    assert [clock.is_virtual for _, clock, _, _ in STARTED] == [False, False, True]


CLOCKS = [
    ("real time is the host's", Timeline(), 100.0, 100.0),
    ("an offset stays", Timeline(origin=1_000.0, anchor=100.0), 107.0, 1_007.0),
    ("a fast clock runs ahead", Timeline(origin=0.0, anchor=100.0, speed=60.0), 101.0, 60.0),
    ("a virtual clock stands still", Timeline(origin=5.0, anchor=0.0, speed=0.0), 10**9, 5.0),
]


@pytest.mark.parametrize(("what", "clock", "host", "time"), CLOCKS)
def test_a_sessions_clock_runs_at_its_own_speed(what: str, clock: Timeline, host: float, time: float) -> None:
    assert clock.at(host) == time


@pytest.mark.parametrize("clock", [clock for _, clock, _, _ in CLOCKS])
def test_a_clock_that_is_advanced_jumps_and_then_runs_on_as_before(clock: Timeline) -> None:
    later = clock.advanced(200.0, 30.0)
    assert later.at(200.0) == clock.at(200.0) + 30.0
    assert later.at(210.0) - later.at(200.0) == clock.at(210.0) - clock.at(200.0)
