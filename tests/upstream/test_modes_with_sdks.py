"""The official SDKs through `--mode proxy --chaos` and `--mode record-missing`, unmodified, on real sockets."""

from collections.abc import Callable
from pathlib import Path

import anthropic
import openai
import pytest

from mockserver.cli.upstream_modes import ModeOptions, UpstreamMode, open_mode
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.chaos_file import profile_of
from mockserver.files.library import load_library
from mockserver.files.yaml_reader import read
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from tests.support.engine import contract
from tests.support.sockets import Served, serving

pytestmark = pytest.mark.slow  # the official SDKs

REAL = "  - {reply: one two three, pace: {chunk: word}, times: always}\n"
BUSY = "[{error: {status: 503}, limit: 1}, {faults: [{close: {at: delta 2}}], when: {stream: true}}]"


def with_anthropic(url: str) -> tuple[str, str]:
    """Ask for an answer as a whole and streamed. Return both texts, the second as far as it came."""
    texts: list[str] = []
    with anthropic.Anthropic(base_url=url, api_key="sk_test", max_retries=1) as client:
        whole = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
        try:
            with client.messages.stream(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
            ) as stream:
                texts.extend(stream.text_stream)
        except Exception as error:  # the SDK passes on whatever its HTTP client raises
            texts.append(f" ({type(error).__name__})")
    return "".join([block.text for block in whole.content if block.type == "text"]), "".join(texts)


def with_openai(url: str) -> tuple[str, str]:
    """Ask for an answer as a whole and streamed. Return both texts, the second as far as it came."""
    texts: list[str] = []
    with openai.OpenAI(base_url=f"{url}/api/v1", api_key="sk_test", max_retries=1) as client:
        whole = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        try:
            for chunk in client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
            ):
                texts += [choice.delta.content or "" for choice in chunk.choices]
        except Exception as error:  # the SDK passes on whatever its HTTP client raises
            texts.append(f" ({type(error).__name__})")
    return whole.choices[0].message.content or "", "".join(texts)


SDKS = pytest.mark.parametrize("ask", [with_anthropic, with_openai])


def opened(mode: str, file: Path | None, real: Served) -> UpstreamMode:
    scenario = None if file is None else str(file)
    library = load_library(contract(), scenario)
    return open_mode(ModeOptions(mode, real.url, True, scenario, 1, library, contract(), lambda line: None))


@SDKS
def test_an_sdk_meets_the_chaos_that_is_laid_over_a_real_gateway(ask: Callable[[str], tuple[str, str]]) -> None:
    profile = profile_of(read(f"chaos: busy\nrules: {BUSY}\n".encode(), "busy.yaml"))
    with serving(REAL) as real:
        app = Gateway(Engine(contract(), {}, EngineSettings(), None, ChaosSettings({"busy": profile}, "busy")))
        app.fallback = opened("proxy", None, real).make()
        with running(app) as url:
            whole, streamed = ask(url)
    assert whole == "one two three"  # the SDK tried again after the 503
    assert (streamed.startswith("one"), "two" in streamed, "(" in streamed) == (True, False, True)


@SDKS
def test_an_sdk_gets_the_same_from_what_was_recorded_as_missing(
    ask: Callable[[str], tuple[str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scenario: mine\nturns:\n  - {when: {text: mine}, reply: Mine.}\n", encoding="utf-8")
    with serving(REAL) as real:
        mode = opened("record-missing", file, real)
        first = playing(file, mode, ask)
        assert mode.finish() == [f"Added 2 exchanges to {file}."]
    assert first == playing(file, UpstreamMode(lambda: None), ask) == ("one two three", "one two three")


def playing(file: Path, mode: UpstreamMode, ask: Callable[[str], tuple[str, str]]) -> tuple[str, str]:
    """Return what an SDK gets from the file in this mode."""
    library = load_library(contract(), str(file))
    app = Gateway(Engine(contract(), library.scripts, EngineSettings(scenario=library.playing)))
    app.fallback = mode.make()
    with running(app) as url:
        return ask(url)
