"""Presets, as the official SDKs see them: each is noticed on both wires, by streams and by complete answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import anthropic
import openai
import pytest

from mockserver.control.presets import PRESETS, Preset
from tests.control.support import Served, serving
from tests.support.engine import turns

pytestmark = pytest.mark.slow  # the official SDKs

ANSWER = "One two three four five six."
PLAYED = turns(f"""
  - reply: {ANSWER}
    times: always
""")

PATIENCE = 1.0
"""The read timeout of the clients in seconds: less than a preset makes them wait, far more than its pauses."""

STOPS = {None: "no stop reason", "end_turn": "done", "stop": "done", "max_tokens": "limit", "length": "limit"}


class Seen(NamedTuple):
    """What an app has got from its SDK: the text so far, and how the answer ended."""

    text: str
    end: str


HEALTHY = Seen(ANSWER, "done")
"""What is seen of a complete answer where a preset breaks streams only."""
BEGUN = "One "

EFFECTS: Mapping[str, tuple[Seen, Seen]] = {
    **{
        preset.label: (Seen("", preset.label[:3]), Seen("", preset.label[:3]))
        for preset in PRESETS
        if "turn" in preset.answer  # an error, whose label begins with its status
    },
    "stalls 5 s": (Seen(BEGUN, "timeout"), HEALTHY),
    "streams slowly": (Seen("", "timeout"), Seen("", "timeout")),
    "error mid-stream": (Seen(BEGUN, "error"), HEALTHY),
    "reset mid-stream": (Seen(BEGUN, "error"), HEALTHY),
    "ends too early": (Seen(BEGUN, "no stop reason"), HEALTHY),
    "malformed JSON": (Seen(BEGUN, "error"), Seen("", "error")),
    "HTML page": (Seen("", "no stop reason"), Seen("", "no message")),
    "max_tokens": (Seen("One two three ", "limit"), Seen("One two three", "limit")),
}
"""What the SDKs see of a streamed and of a complete answer."""


def of_anthropic(url: str, stream: bool) -> Iterator[tuple[str, str | None]]:
    """Yield each piece of text with the stop reason known so far."""
    with anthropic.Anthropic(base_url=url, api_key="sk_a", max_retries=0, timeout=PATIENCE) as client:
        messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": "Hello"}]
        if not stream:
            message = client.messages.create(model="m", max_tokens=99, messages=messages)
            block = message.content[0]
            assert isinstance(block, anthropic.types.TextBlock)
            yield block.text, message.stop_reason
            return
        for event in client.messages.create(model="m", max_tokens=99, messages=messages, stream=True):
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text, None
            elif event.type == "message_delta":
                yield "", event.delta.stop_reason


def of_openai(url: str, stream: bool) -> Iterator[tuple[str, str | None]]:
    """Yield each piece of text with the stop reason known so far."""
    with openai.OpenAI(base_url=f"{url}/api/v1", api_key="sk_a", max_retries=0, timeout=PATIENCE) as client:
        messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]
        if not stream:
            choice = client.chat.completions.create(model="m", messages=messages).choices[0]
            yield choice.message.content or "", choice.finish_reason
            return
        for chunk in client.chat.completions.create(model="m", messages=messages, stream=True):
            for piece in chunk.choices:
                yield piece.delta.content or "", piece.finish_reason


SDKS: Mapping[str, Callable[[str, bool], Iterator[tuple[str, str | None]]]] = {
    "anthropic": of_anthropic,
    "openai": of_openai,
}


def seen(pieces: Iterator[tuple[str, str | None]]) -> Seen:
    """Return what an app sees that prints pieces of text until the answer ends."""
    text, stop = "", None
    try:
        for piece, reason in pieces:
            text, stop = text + piece, reason or stop
    except AttributeError:
        return Seen(text, "no message")  # the SDK has returned something else as the message
    except Exception as error:
        status = getattr(error, "status_code", None) or 0  # an error event has the status of its stream, or none
        name = "timeout" if "Timeout" in type(error).__name__ else "error"
        return Seen(text, str(status) if status >= 400 else name)
    return Seen(text, STOPS[stop])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(PLAYED, playing="test") as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_queued(served: Served) -> Iterator[None]:
    yield
    served.control.delete("/next")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "complete"])
@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize("preset", PRESETS, ids=[preset.label for preset in PRESETS])
def test_every_preset_is_noticed(served: Served, preset: Preset, sdk: str, stream: bool) -> None:
    served.post("/next", dict(preset.answer), 201)
    streamed, complete = EFFECTS[preset.label]
    expected = streamed if stream else complete
    assert seen(SDKS[sdk](served.url, stream)) == expected
    assert len(served.get("/next")) == (expected == HEALTHY), "only what had no effect waits for the next request"


def test_the_page_is_told_of_every_preset(served: Served) -> None:
    assert served.get("/about")["presets"] == [preset._asdict() for preset in PRESETS]
