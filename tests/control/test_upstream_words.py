"""Answers of a real gateway in a session's scenario: neutral replies, with the fault where a stream broke."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
import yaml
from pydantic import JsonValue

from mockserver.control.session_scenario import session_scenario
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.chaos_file import profile_of
from mockserver.files.yaml_reader import read
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.server.asgi import Fallback, Gateway
from mockserver.server.uvicorn import running
from mockserver.upstream.address import upstream_at
from mockserver.upstream.proxy import ChaosProxy
from mockserver.upstream.spy import Spy
from tests.support.engine import CHAT, MESSAGES, contract, turns
from tests.support.sockets import Served, exchange, serving

REAL = """\
  - {when: {text: look}, reply: [Well well, {tool_use: {name: look, input: {city: Oslo}}}], times: always}
  - {when: {text: busy}, error: {status: 429, retry_after: 3}, times: always}
  - {reply: one two three, pace: {chunk: word}, times: always}
"""
LOOK = [{"text": "Well well"}, {"tool_use": {"name": "look", "input": {"city": "Oslo"}}}]


@contextmanager
def behind(fallback: Fallback, rules: str = "") -> Iterator[Served]:
    """Serve a scenario that matches nothing, and this fallback."""
    script, chaos = turns("  - {when: {text: nothing}, reply: Mine.}\n"), ChaosSettings()
    if rules:
        profile = profile_of(read(f"chaos: test\nrules: {rules}\n".encode(), "test.yaml"))
        chaos = ChaosSettings({"test": profile}, "test")
    app = Gateway(Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name), None, chaos))
    app.fallback = fallback
    entries: SimpleQueue[Exchange] = SimpleQueue()
    app.journal.listeners.append(entries.put)
    with running(app) as url:
        yield Served(url, entries)


def told(served: Served, text: str, path: str = MESSAGES, *, stream: bool) -> dict[str, JsonValue]:
    """Return the one turn of a session that says this text, without its condition and its pace."""
    exchange(served.url, path, messages=[{"role": "user", "content": text}], stream=stream)
    scenario = session_scenario([Record(served.entry(), contract())], "session-a")
    [turn] = yaml.safe_load(scenario)["turns"]
    return {name: value for name, value in turn.items() if name not in ("when", "pace")}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("kind", [Spy, ChaosProxy])
def test_an_answer_is_a_reply_on_every_wire(kind: type[Spy] | type[ChaosProxy], path: str, stream: bool) -> None:
    with serving(REAL) as real, behind(kind(upstream_at(real.url, allow_private=True))) as served:
        assert told(served, "look", path, stream=stream) == {"reply": LOOK}


def test_an_error_is_an_error() -> None:
    with serving(REAL) as real, behind(Spy(upstream_at(real.url, allow_private=True))) as served:
        assert told(served, "busy", stream=False)["error"]["status"] == 429  # type: ignore[index, call-overload]  # YAML


def test_a_stream_that_chaos_broke_has_the_fault() -> None:
    with (
        serving(REAL) as real,
        behind(ChaosProxy(upstream_at(real.url, allow_private=True)), "[{faults: [{reset: {at: delta 2}}]}]") as served,
    ):
        turn = told(served, "Hi", stream=True)
    assert turn["reply"] == "one "
    assert turn["faults"] == [{"reset": {"at": "stop"}}]
