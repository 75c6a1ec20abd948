"""The modes of `serve` with a real gateway behind it: what each asks, and what it says at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue

from mockserver.cli.upstream_modes import ModeOptions, UpstreamMode, open_mode
from mockserver.core.errors import OperatorError
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.library import load_library
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from tests.support.engine import contract
from tests.support.sockets import exchange, serving

MINE = "# My own file.\nscenario: mine\nturns:\n  - {when: {text: mine}, reply: From the scenario., times: always}\n"
REAL = "  - {reply: From the gateway., stop: max_tokens, times: always}\n"


def says(text: str) -> list[JsonValue]:
    return [{"role": "user", "content": text}]


def said(body: bytes) -> list[bytes]:
    """Return the lines with content, whatever the chunks of the transport are."""
    return [line for line in body.splitlines() if b"{" in line]


def opened(
    mode: str, scenario: Path | str | None, upstream: str | None, lines: list[str], workers: int = 1
) -> UpstreamMode:
    chosen = None if scenario is None else str(scenario)
    library = load_library(contract(), chosen)
    return open_mode(ModeOptions(mode, upstream, True, chosen, workers, library, contract(), lines.append))


@contextmanager
def playing(mode: UpstreamMode, scenario: Path) -> Iterator[str]:
    """Serve a scenario in a mode."""
    library = load_library(contract(), str(scenario))
    app = Gateway(Engine(contract(), library.scripts, EngineSettings(scenario=library.playing)))
    app.fallback = mode.make()
    with running(app) as url:
        yield url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_what_is_missing_is_asked_and_added_to_the_file(file: Path) -> None:
    with serving(REAL) as real:
        mode = opened("record-missing", file, real.url, [])
        with playing(mode, file) as url:
            assert b"From the scenario." in exchange(url, messages=says("mine")).body
            assert b"From the gateway." in exchange(url, messages=says("other")).body
        assert mode.finish() == [f"Added 1 exchange to {file}."]
    assert file.read_text(encoding="utf-8").startswith(MINE)
    with playing(UpstreamMode(lambda: None), file) as url:
        assert b"From the gateway." in exchange(url, messages=says("other")).body


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_comes_again_is_answered_by_what_was_added(file: Path, stream: bool) -> None:
    file.write_text(MINE.replace("turns:", "replay: exact\nturns:").replace("always}", "always, replay: meaning}"))
    with serving(REAL) as real:
        mode = opened("record-missing", file, real.url, [])
        with playing(mode, file) as url:
            bodies = [said(exchange(url, messages=says("other"), stream=stream).body) for _ in range(3)]
        assert mode.finish() == [f"Added 3 exchanges to {file}."]
        real.entry()
        assert real.entries.empty()
    assert bodies == [bodies[0]] * 3
    assert "times: 3" in file.read_text(encoding="utf-8")
    with playing(UpstreamMode(lambda: None), file) as url:
        assert [said(exchange(url, messages=says("other"), stream=stream).body) for _ in range(3)] == bodies


def test_a_client_gets_the_gateways_answer_and_the_operator_the_differences(file: Path) -> None:
    lines: list[str] = []
    with serving(REAL) as real:
        mode = opened("compare", file, real.url, lines)
        with playing(mode, file) as url:
            assert b"From the gateway." in exchange(url, messages=says("mine")).body
            exchange(url, messages=says("other"))
    assert "stop-matches-content: the scenario says end_turn, the gateway max_tokens" in lines[0]
    assert mode.finish() == ["Compared: 1 differs, 1 no turn.", "  stop-matches-content: 1"]


def test_a_proxy_needs_no_scenario(file: Path) -> None:
    with serving(REAL) as real:
        mode = opened("proxy", None, real.url, [])
        assert mode.notices[0] == f"Every request goes to {real.url}; chaos changes the answers."
        with playing(mode, file) as url:
            assert b"From the gateway." in exchange(url, messages=says("mine")).body


@pytest.mark.parametrize(
    ("mode", "scenario", "upstream", "workers", "words"),
    [
        ("record-missing", "greeting", "http://127.0.0.1:9", 1, "needs --scenario FILE: a file of your own"),
        ("record-missing", "greeting", "http://127.0.0.1:9", 2, "needs a single process; omit --workers"),
        ("compare", "greeting", "http://127.0.0.1:9", 2, "needs a single process; omit --workers"),
        ("compare", None, "http://127.0.0.1:9", 1, "--mode compare needs --scenario"),
        ("proxy", None, None, 1, "--mode proxy needs --upstream"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    mode: str, scenario: str | None, upstream: str | None, workers: int, words: str
) -> None:
    with pytest.raises(OperatorError, match=words):
        opened(mode, scenario, upstream, [], workers)


def test_a_file_that_cannot_be_added_to_is_refused_at_the_start(file: Path) -> None:
    file.write_text("scenario: mine\nturns: [{reply: Hi}]\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="turns can be added only where"):
        opened("record-missing", file, "http://127.0.0.1:9", [])
