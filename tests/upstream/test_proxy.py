"""The chaos proxy: a real gateway's answers pass as they come, and chaos breaks some of them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event

import pytest

from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.chaos_file import profile_of
from mockserver.files.yaml_reader import read
from mockserver.journal.log import Exchange
from mockserver.journal.received import read as received
from mockserver.recording.splitter import EventSplitter
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from mockserver.upstream import proxy as module
from mockserver.upstream.address import upstream_at
from mockserver.upstream.proxy import ChaosProxy
from tests.support.engine import CHAT, MESSAGES, contract
from tests.support.sockets import PATIENCE, Served, exchange, serving
from tests.upstream.support import HEAD, chunk, raw_upstream

REAL = "  - {reply: one two three, pace: {chunk: word}, times: always}\n"
EVENT = b'event: ping\ndata: {"type": "ping"}\n\n'


@contextmanager
def proxy(upstream: str, rules: str = "[]") -> Iterator[Served]:
    """Serve a chaos proxy with these rules in front of an upstream."""
    settings = ChaosSettings()
    if rules != "[]":
        profile = profile_of(read(f"chaos: test\nrules: {rules}\n".encode(), "test.yaml"))
        settings = ChaosSettings({"test": profile}, "test")
    app = Gateway(Engine(contract(), {}, EngineSettings(), None, settings))
    app.fallback = ChaosProxy(upstream_at(upstream, allow_private=True))
    entries: SimpleQueue[Exchange] = SimpleQueue()
    app.journal.listeners.append(entries.put)
    with running(app) as url:
        yield Served(url, entries)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_without_chaos_the_client_gets_the_same_bytes(path: str, stream: bool) -> None:
    with serving(REAL) as real, proxy(real.url) as served:
        direct = exchange(real.url, path, stream=stream)
        passed = exchange(served.url, path, stream=stream)
        entry = served.entry()
    body = "text" if stream else "body"
    assert [len(part) for part in getattr(passed, body).split(b"\n")] == [
        len(part) for part in getattr(direct, body).split(b"\n")
    ]
    assert (entry.note.code, entry.outcome.ended, received(entry).text) == ("upstream", "complete", "one two three")
    assert received(entry).is_stream is stream


def test_a_fault_breaks_the_answer_and_the_journal_says_which_rule() -> None:
    with serving(REAL) as real, proxy(real.url, "[{faults: [{reset: {at: delta 2}}]}]") as served:
        seen = exchange(served.url, stream=True)
        entry = served.entry()
    assert (seen.end, seen.text.count(b"text_delta"), b"two" in seen.raw) == ("rst", 1, False)
    assert entry.outcome.ended == "reset"
    assert "test/1" in entry.note.draws[0]


def test_a_whole_answer_is_changed_too() -> None:
    with serving(REAL) as real, proxy(real.url, "[{faults: [{status: 500}]}]") as served:
        assert exchange(served.url).head.startswith(b"HTTP/1.1 500")


def test_an_error_of_a_rule_does_not_ask_the_gateway() -> None:
    with serving(REAL) as real, proxy(real.url, "[{error: {status: 529}}]") as served:
        assert exchange(served.url, stream=True).head.startswith(b"HTTP/1.1 529")
        assert served.entry().note.code == "chaos"
        assert real.entries.empty()


def test_the_same_seed_gives_the_same_failures() -> None:
    def statuses() -> list[int]:
        with serving(REAL) as real, proxy(real.url, "[{probability: 50%, error: {status: 503}}]") as served:
            for _ in range(6):
                exchange(served.url)
            return [served.entry().outcome.status for _ in range(6)]

    first = statuses()
    assert set(first) == {200, 503}
    assert statuses() == first


@pytest.mark.parametrize("rules", ["[]", "[{faults: [{close: {at: 5}}]}]"])
def test_an_event_passes_before_the_next_one_comes(rules: str) -> None:
    seen = Event()

    def answer(sock: socket.socket, request: bytes) -> None:
        sock.sendall(HEAD + chunk(EVENT))
        assert seen.wait(PATIENCE)  # the upstream goes on when the client has the first event
        sock.sendall(chunk(EVENT) + chunk(b""))

    with raw_upstream(answer) as url, proxy(url, rules) as served:
        assert exchange(served.url, stream=True, until=b"ping").end == "open"
        seen.set()


def test_an_upstream_that_breaks_off_breaks_off_here() -> None:
    def die(sock: socket.socket, request: bytes) -> None:
        sock.sendall(HEAD + chunk(EVENT + b"event: half"))

    with raw_upstream(die) as url, proxy(url) as served:
        seen = exchange(served.url, stream=True)
        entry = served.entry()
    assert (seen.end, seen.text) == ("fin", EVENT + b"event: half")
    assert entry.outcome.ended == "closed"


def test_a_gateway_that_cannot_be_reached_is_a_502() -> None:
    with raw_upstream(lambda sock, request: sock.sendall(b"garbage\r\n\r\n")) as url, proxy(url) as served:
        assert b"upstream_invalid" in exchange(served.url).raw


def test_a_client_that_leaves_is_in_the_journal() -> None:
    pause = "  - {reply: one two three, faults: [{hold: {at: 5, for: 60s}}]}\n"
    with serving(pause) as real, proxy(real.url) as served:
        exchange(served.url, stream=True, until=b"content_block_start")
        assert served.entry().outcome.ended == "client_left"


def test_an_answer_that_is_too_long_for_the_journal_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    with serving(REAL) as real, proxy(real.url) as served:
        assert exchange(served.url).body.count(b"one two three") == 1
        assert served.entry().captured.actions == ()


def test_a_bug_ends_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(splitter: object, piece: bytes) -> None:
        raise ArithmeticError("a bug")

    monkeypatch.setattr(EventSplitter, "add", fail)
    with serving(REAL) as real, proxy(real.url) as served:
        assert exchange(served.url, stream=True).end == "fin"
