"""The feed: order, replay after a reconnect, bounds for a slow reader, and the end of the server."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import Any

import httpx
import pytest

from mockserver.control import feed as feeding
from mockserver.control import serializers
from mockserver.journal.log import Journal
from mockserver.server.asgi_cycle import AsgiCycle
from tests.control.support import TOKEN, Served, serving
from tests.support.engine import turns

PLAYED = turns("""
  - when: {text: held}
    reply: one two
    faults: [{hold: {at: 2}}]
    times: always
  - reply: one two
    times: always
""")

UNREAD_FEEDS = 50


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test", journal=Journal(5)) as served:
        yield served


def test_an_answer_begins_and_ends_and_its_number_is_the_id(served: Served) -> None:
    with served.feed() as feed, served.streaming("held"):
        began = next(event for event in feed if event.name == "began")
        served.post(f"/live/{began.data['id']}/run")
        ended = next(event for event in feed if event.name == "ended")
    assert (began.id, ended.id) == (None, 1)
    assert (began.data["id"], ended.data["id"], ended.data["exchange"]["number"]) == (1, 1, 1)
    assert ended.data["exchange"] == served.get("/exchanges")["exchanges"][0]


def test_an_answer_that_ends_at_once_is_only_reported_as_ended(served: Served) -> None:
    with served.feed() as feed:
        for _ in range(3):
            served.ask()
        assert [event.name for event in islice(feed, 3)] == ["ended"] * 3


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
        assert next(event.name for event in feed) == "ended"


def test_an_event_is_encoded_once_for_all_readers(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []
    for name in ("live", "summary"):
        encode = getattr(serializers, name)

        def counted(*arguments: Any, name: str = name, encode: Callable[..., Any] = encode) -> Any:
            encoded.append(name)
            return encode(*arguments)

        monkeypatch.setattr(serializers, name, counted)
    with served.feed() as first, served.feed() as second, served.feed() as third:
        with served.streaming("held"):
            began = next(event for event in first if event.name == "began")
            served.post(f"/live/{began.data['id']}/run")
        seen = [next(event for event in feed if event.name == "ended") for feed in (first, second, third)]
        served.get("/exchanges")
    assert encoded == ["live", "live", "summary"]  # the second is the answer to `run`
    assert seen[0] == seen[1] == seen[2]


def test_many_readers_get_their_batches_less_often(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "MOST_SENDS", 0.001)
    with served.feed() as feed:
        served.ask()
        assert next(feed).name == "ended"  # the first batch waits for nothing
        served.ask()
        hub = served.app.traffic.watchers[0]
        assert isinstance(hub, feeding.TrafficFeed)
        assert hub._timer is not None
        assert hub._timer.when() - hub._last_batch > 999  # not 1,000: the difference of two rounded times
        served.on_loop(served.controlled.control.close)
        assert [event.name for event in feed][-1] == "ended"  # what waits comes before the end


def test_a_reader_that_comes_back_costs_no_second_encoding(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.feed() as feed:
        served.ask()
        assert next(event.id for event in feed if event.name == "ended") == 1
    monkeypatch.setattr(serializers, "summary", lambda record: pytest.fail("encoded again"))
    with served.feed(0) as feed:
        assert next(feed).id == 1


def test_what_is_encoded_goes_with_its_exchange(served: Served) -> None:
    with served.feed() as feed:
        for _ in range(20):
            served.ask()
        assert next(event for event in feed if event.id == 20)
        context = served.controlled.control._context
        assert context is not None
        assert len(context._facts) == len(served.app.journal) == 5


def test_a_slow_reader_is_dropped_with_a_last_event_and_can_come_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_BEHIND", 1_000)
    monkeypatch.setattr(feeding, "LARGEST_BATCH", 500)
    served.ask()
    served.get("/about")  # a turn of the server's loop later, the exchange is entered
    exchange = next(iter(served.app.journal))
    with served.feed() as feed, served.feed() as other:
        with served.streaming("held"):
            assert next(feed).name == next(other).name == "began"
            live = next(iter(served.app.traffic.live.values()))
            hub = served.app.traffic.watchers[0]

            def flood() -> int:
                for _ in range(1_000):
                    hub.ended(live, exchange)
                return len(served.app.traffic.watchers)

            assert served.on_loop(flood) == 0  # nobody is left to encode for
            served.post(f"/live/{live.id}/run")
        assert [event.name for event in feed][-1] == "dropped"
        last = list(other)[-1]
    assert last.name == "dropped"
    assert last.data == {"reason": "more than 1000 bytes waited to be read; come back"}
    with served.feed(last_seen="1") as feed:
        assert next(event.id for event in feed if event.name == "ended") == 2


def test_feeds_that_nobody_reads_soon_take_no_writes_and_no_encoding(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = AsgiCycle._write

    def counted(cycle: AsgiCycle, body: bytes, *, more: bool) -> None:
        written.append(len(body))
        write(cycle, body, more=more)

    async def flood() -> int:
        for count in range(20_000):
            if not served.app.traffic.watchers:
                return count
            hub.ended(live, exchange)
            await asyncio.sleep(0)
        return pytest.fail("the feeds are still there")

    served.ask()
    served.get("/about")  # a turn of the server's loop later, the exchange is entered
    exchange = next(iter(served.app.journal))
    with unread(served, UNREAD_FEEDS), served.streaming("held"):
        live = next(iter(served.app.traffic.live.values()))
        hub = served.app.traffic.watchers[0]
        assert isinstance(hub, feeding.TrafficFeed)
        monkeypatch.setattr(AsgiCycle, "_write", counted)
        encoded = asyncio.run_coroutine_threadsafe(flood(), served.loop).result() * len(hub._ended(exchange))
        served.post(f"/live/{live.id}/run")
    assert encoded < feeding.MOST_BEHIND + 8 * feeding.MOST_UNREAD
    assert len(written) < UNREAD_FEEDS * 8


@contextmanager
def unread(served: Served, number: int) -> Iterator[None]:
    """Open feeds that nobody reads for the duration of the block."""
    head = f"GET /_mock/traffic HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {TOKEN}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(number):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, feeding.MOST_UNREAD)
            sock.connect(("127.0.0.1", httpx.URL(served.url).port))
            sock.sendall(head)
        served.holds(lambda: _readers(served) == number)
        yield


def test_nobody_is_left_when_readers_go(served: Served) -> None:
    for _ in range(3):
        with served.feed(), served.feed(), served.feed():
            served.holds(lambda: _readers(served) == 3)
        served.holds(lambda: not served.app.traffic.watchers and not _readers(served))
    assert served.controlled.config.listeners == []


def _readers(served: Served) -> int:
    context = served.controlled.control._context
    return 0 if context is None else len(context.feeds)


def test_a_feed_ends_with_the_server_and_not_with_an_error(served: Served) -> None:
    found: SimpleQueue[list[str]] = SimpleQueue()
    with served.feed() as feed:
        reader = Thread(target=lambda: found.put([event.name for event in feed]))
        reader.start()
        served.ask()
        served.holds(lambda: served.app.journal.entered == 1)
        served.on_loop(served.controlled.control.close)
        assert found.get(timeout=20)[:1] == ["ended"]
        reader.join()
