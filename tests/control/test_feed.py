"""The feed: order, replay after a reconnect, bounds for a slow reader, and the end of the server."""

from collections.abc import Iterator
from itertools import islice
from queue import SimpleQueue
from threading import Thread

import pytest

from mockserver.control import feed as feeding
from mockserver.journal.log import Journal
from tests.control.support import Served, serving
from tests.support.engine import turns

PLAYED = turns("""
  - when: {text: held}
    reply: one two
    faults: [{hold: {at: 2}}]
    times: always
  - reply: one two
    times: always
""")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test", journal=Journal(5)) as served:
        yield served


def test_an_answer_begins_and_ends_and_its_number_is_the_id(served: Served) -> None:
    with served.feed() as feed:
        served.ask("Hello")
        began = next(event for event in feed if event.name == "began")
        ended = next(event for event in feed if event.name == "ended")
    assert (began.id, ended.id) == (None, 1)
    assert (began.data["id"], ended.data["id"], ended.data["exchange"]["number"]) == (1, 1, 1)
    assert ended.data["exchange"] == served.get("/exchanges")["exchanges"][0]


def test_how_far_a_stream_is_comes_while_it_is_on_its_way(served: Served) -> None:
    with served.feed() as feed, served.streaming("held"):
        moving = next(event.data for event in feed if event.name == "progress" and event.data[0]["held"])
        assert (moving[0]["events"], moving[0]["status"]) == (1, 200)
        served.post(f"/live/{moving[0]['id']}/run")
        ended = next(event for event in feed if event.name == "ended")
        assert ended.data["id"] == moving[0]["id"]


def test_whoever_comes_in_the_middle_is_told_what_is_on_its_way(served: Served) -> None:
    served.ask()
    with served.streaming("held"):
        with served.feed() as feed:
            first = next(feed)
        assert (first.name, first.data["said"]) == ("began", "user 'held'")
        served.post(f"/live/{first.data['id']}/run")


@pytest.mark.parametrize("how", ["query", "header"])
def test_a_reconnect_gets_everything_since(how: str, served: Served) -> None:
    for _ in range(4):
        served.ask()
    query = 2 if how == "query" else None
    with served.feed(query, None if how == "query" else "2") as feed:
        assert [(event.name, event.id) for event in islice(feed, 2)] == [("ended", 3), ("ended", 4)]
        served.ask()
        assert next(event.id for event in feed if event.name == "ended") == 5


def test_what_is_forgotten_is_told(served: Served) -> None:
    for _ in range(8):
        served.ask()
    with served.feed(1) as feed:
        reported = [(event.name, event.id) for event in islice(feed, 6)]
    assert reported == [("forgot", None), *[("ended", number) for number in range(4, 9)]]
    with served.feed(3) as feed:
        assert next(feed).name == "ended"


def test_the_numbers_of_another_server_begin_anew(served: Served) -> None:
    served.ask()
    with served.feed(99) as feed:
        assert [(event.name, event.data.get("before")) for event in islice(feed, 2)] == [("forgot", 0), ("ended", None)]


@pytest.mark.parametrize("odd", ["abc", "-1", "1.5", "9" * 5_000, ""])
def test_an_id_that_is_no_number_is_no_reconnect(odd: str, served: Served) -> None:
    served.ask()
    with served.feed(last_seen=odd) as feed:
        served.ask()
        assert next(event.id for event in feed if event.name == "ended") == 2


def test_whatever_is_steered_is_told(served: Served) -> None:
    with served.feed() as feed:
        served.session(name="a")
        served.control.patch("/defaults", json={"pace": None})
        served.post("/next", {"turn": {"reply": "hi"}}, 201)
        served.control.put("/scenarios/new", json={"yaml": "scenario: new\nturns: [{reply: hi}]"})
        reported = [event.data["what"] for event in islice((event for event in feed if event.name == "steered"), 4)]
    assert reported == ["sessions", "defaults", "next", "scenarios"]


def test_what_changes_nothing_tells_nothing(served: Served) -> None:
    with served.feed() as feed:
        served.control.patch("/defaults", json={"scenario": "nowhere"})
        served.post("/lint", {"yaml": "scenario: a"})
        served.control.delete("/sessions/nobody")
        served.ask()
        assert next(event.name for event in feed) == "began"


def test_a_slow_reader_is_told_to_fetch_again_and_costs_no_more(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_BUFFERED", 10)
    with served.feed() as feed:
        served.ask()
        [reader] = served.app.traffic.watchers
        exchange = next(iter(served.app.journal))
        live = served.on_loop(lambda: served.app.traffic.live)
        assert live == {}

        def flood() -> int:
            for _ in range(1_000):
                reader.ended(one, exchange)
            return len(reader._buffer)  # type: ignore[attr-defined]  # what it holds is what is asked

        with served.streaming("held"):
            served.holds(lambda: bool(served.app.traffic.live))
            one = next(iter(served.app.traffic.live.values()))
            assert served.on_loop(flood) <= 10
            lost = next(event for event in feed if event.name == "forgot")
            assert lost.data == {"before": served.app.journal.entered + 1}
            served.post(f"/live/{one.id}/run")


def test_nobody_is_left_when_readers_go(served: Served) -> None:
    for _ in range(3):
        with served.feed(), served.feed(), served.feed():
            served.holds(lambda: len(served.app.traffic.watchers) == 3)
        served.holds(lambda: not served.app.traffic.watchers)
    assert served.controlled.config.listeners == []
    context = served.controlled.control._context
    assert context is not None
    assert context.feeds == []


def test_a_feed_ends_with_the_server_and_not_with_an_error(served: Served) -> None:
    found: SimpleQueue[list[str]] = SimpleQueue()
    with served.feed() as feed:
        reader = Thread(target=lambda: found.put([event.name for event in feed]))
        reader.start()
        served.ask()
        served.holds(lambda: served.app.journal.entered == 1)
        served.on_loop(served.controlled.control.close)
        assert found.get(timeout=20)[:1] == ["began"]
        reader.join()
