"""The spy: what the scenario does not answer, the upstream does, and the journal has both."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
from pydantic import JsonValue

from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.log import Exchange
from mockserver.journal.received import read
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from mockserver.upstream.address import upstream_at
from mockserver.upstream.spy import Spy
from tests.support.engine import contract, turns
from tests.support.sockets import Served, exchange, serving

MINE = "  - {when: {text: mine}, reply: From the scenario., times: always}\n"
REAL = "  - {reply: From the gateway., times: always}\n"


def says(text: str) -> list[JsonValue]:
    return [{"role": "user", "content": text}]


@contextmanager
def spying(upstream: str) -> Iterator[Served]:
    """Serve a scenario that answers one text, in front of an upstream."""
    script = turns(MINE)
    app = Gateway(Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name)))
    app.fallback = Spy(upstream_at(upstream, allow_private=True))
    entries: SimpleQueue[Exchange] = SimpleQueue()
    app.journal.listeners.append(entries.put)
    with running(app) as url:
        yield Served(url, entries)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/messages", "/api/v1/chat/completions"])
def test_the_scenario_answers_what_it_has_and_the_upstream_the_rest(path: str, stream: bool) -> None:
    with serving(REAL) as real, spying(real.url) as served:
        exchange(served.url, path, messages=says("mine"), stream=stream)
        exchange(served.url, path, messages=says("other"), stream=stream)
        mine, other = served.entry(), served.entry()
        assert real.entry().outcome.status == 200
        assert real.entries.empty()
    assert (mine.note.turn, mine.note.code, read(mine).text) == (1, "", "From the scenario.")
    assert (other.note.turn, other.note.code, read(other).text) == (0, "upstream", "From the gateway.")
    assert (other.outcome.status, other.outcome.ended, read(other).is_whole) == (200, "complete", True)
    assert read(other).is_stream is stream


def test_a_route_that_nobody_documents_goes_to_the_upstream() -> None:
    turn = "  - {when: {path: /v1/other}, response: {status: 200, body: {ok: true}}, times: always}\n"
    with serving(turn) as real, spying(real.url) as served:
        assert exchange(served.url, "/v1/other").body == b'{"ok":true}'
        assert served.entry().note.code == "upstream"


def test_a_stream_that_the_upstream_breaks_is_broken_in_the_journal_too() -> None:
    with serving("  - {reply: one two three, faults: [{reset: {at: 6}}]}\n") as real, spying(real.url) as served:
        seen = exchange(served.url, messages=says("other"), stream=True)
        entry = served.entry()
    assert (seen.end, entry.outcome.ended, read(entry).is_whole) == ("rst", "reset", False)


def test_the_session_and_the_misses_are_those_of_the_request() -> None:
    with serving(REAL) as real, spying(real.url) as served:
        exchange(served.url, messages=says("other"))
        note = served.entry().note
    assert note.session.startswith("key-")
    assert any("mine" in miss for miss in note.misses)


def test_a_client_that_leaves_is_in_the_journal() -> None:
    pause = "  - {reply: one two three, faults: [{hold: {at: 5, for: 60s}}]}\n"
    with serving(pause) as real, spying(real.url) as served:
        exchange(served.url, messages=says("other"), stream=True, until=b"text_delta")
        assert served.entry().outcome.ended == "client_left"
