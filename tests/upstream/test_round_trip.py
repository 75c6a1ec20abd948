"""Record, lint, replay: the same unmodified client gets the same result from the file as from the gateway."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import anthropic
import openai
import pytest
from anthropic.types import MessageParam, ToolParam

from mockserver.contracts.reference import gateway as reference
from tests.gate.support import reference_gateway
from tests.support.sockets import exchange, serving
from tests.upstream.support import recording, replaying

pytestmark = pytest.mark.slow  # the official SDKs

KEY = reference.KEY
MODEL = "qwen-coder-32b"
LOOK: ToolParam = {
    "name": "look",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

Act: TypeAlias = Callable[[str], object]
"""What a client does with the gateway at a URL. It returns what the client got."""


@contextmanager
def anthropic_at(url: str, retries: int = 0) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=retries) as client:
        yield client


@contextmanager
def openai_at(url: str, retries: int = 0) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/api/v1", api_key=KEY, max_retries=retries) as client:
        yield client


def message(url: str) -> object:
    with anthropic_at(url, retries=2) as client:
        got = client.messages.create(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}])
    return [block.model_dump() for block in got.content], got.stop_reason


def streamed_message(url: str) -> object:
    with (
        anthropic_at(url) as client,
        client.messages.stream(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}]) as stream,
    ):
        got = stream.get_final_message()
    return [block.model_dump() for block in got.content], got.stop_reason


def tool_loop(url: str) -> object:
    """Call the tool that the model asks for, until it asks for none."""
    messages: list[MessageParam] = [{"role": "user", "content": "How is the weather in Oslo?"}]
    calls: list[tuple[str, object]] = []
    with anthropic_at(url) as client:
        while True:
            got = client.messages.create(model=MODEL, max_tokens=200, messages=messages, tools=[LOOK])
            asked = [block for block in got.content if block.type == "tool_use"]
            if not asked:
                return calls, [block.model_dump() for block in got.content], got.stop_reason
            calls += [(block.name, block.input) for block in asked]
            messages.append({"role": "assistant", "content": got.content})
            messages.append(
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": block.id, "content": "4 degrees"} for block in asked
                    ],
                }
            )


def chat(url: str) -> object:
    with openai_at(url, retries=2) as client:
        got = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    return got.choices[0].message.content, got.choices[0].finish_reason


def streamed_chat(url: str) -> object:
    with openai_at(url) as client:
        chunks = list(
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}], stream=True)
        )
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    return "".join(texts), reasons


def broken_stream(url: str) -> object:
    """Read a stream that breaks off; return the text before the break."""
    texts: list[str] = []
    with anthropic_at(url) as client:
        try:
            with client.messages.stream(
                model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}]
            ) as stream:
                texts.extend(stream.text_stream)  # what came before the break stays in the list
        except Exception as error:  # the SDK passes on whatever its HTTP client raises
            return "".join(texts), type(error).__name__
    return "".join(texts), "nothing broke"


def refused(url: str) -> object:
    with anthropic_at(url) as client:
        try:
            client.messages.create(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}])
        except anthropic.APIStatusError as error:
            return error.status_code, error.message
    return "nothing was refused"


LOOP = """\
  - when: {last: user}
    reply: [{text: Let me look.}, {tool_use: {name: look, input: {city: Oslo}}}]
  - when: {last: tool_result}
    reply: "It is cold: {{tool_result}}."
"""

BUSY = """\
  - error: {status: 429}
    headers: {retry-after-ms: "1"}
  - reply: Hi.
"""

ACTS = [
    ("a message", "  - {reply: Hello!}\n", message),
    ("a streamed message", "  - {reply: Hello there!}\n", streamed_message),
    ("a tool loop", LOOP, tool_loop),
    ("a chat", "  - {reply: Hello!}\n", chat),
    ("a streamed chat", "  - {reply: Hello there!}\n", streamed_chat),
    (
        "a 429, then the answer",
        "  - error: {status: 429}\n    headers: {retry-after-ms: '1'}\n  - reply: Hi.\n",
        message,
    ),
    ("a 402", "  - error: {status: 402}\n", refused),
    ("a reset stream", "  - reply: one two three\n    faults: [{reset: {at: 6}}]\n", broken_stream),
    ("a closed stream", "  - reply: one two three\n    faults: [{close: {at: 6}}]\n", broken_stream),
]


@pytest.mark.parametrize(("turns", "act"), [pytest.param(turns, act, id=name) for name, turns, act in ACTS])
def test_a_client_gets_the_same_from_the_recording_of_a_mock(turns: str, act: Act, tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    with serving(turns) as upstream, recording(upstream.url, file) as url:
        real = act(url)
    with replaying(file) as url:
        assert act(url) == real
    assert KEY not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("act", [message, streamed_message, tool_loop, chat, streamed_chat])
def test_a_client_gets_the_same_from_the_recording_of_another_gateway(act: Act, tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    with reference_gateway() as (upstream, _), recording(upstream, file) as url:
        real = act(url)
    with replaying(file) as url:
        assert act(url) == real


def test_one_recording_of_every_act_replays_them_in_another_order(tmp_path: Path) -> None:
    acts = [message, streamed_message, tool_loop, chat, streamed_chat]
    file = tmp_path / "recorded.yaml"
    with reference_gateway() as (upstream, _), recording(upstream, file) as url:
        real = [act(url) for act in acts]
    with replaying(file) as url:
        assert [act(url) for act in reversed(acts)] == real[::-1]


def test_the_same_acts_again_give_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    texts = []
    for _ in range(2):
        with serving(LOOP) as upstream, recording(upstream.url, file) as url:
            tool_loop(url)
        texts.append(file.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]


def test_two_clients_at_once_are_in_one_recording(tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    hello = "  - {reply: Hello!, times: always}\n"
    with serving(hello) as upstream, recording(upstream.url, file) as url, ThreadPoolExecutor(2) as clients:
        real = list(clients.map(message, [url] * 2))
    with replaying(file) as url:
        assert [message(url), message(url)] == real


def test_an_answer_that_is_no_stream_where_one_was_asked_for_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    turns = "  - response: {status: 200, body: not json, headers: {content-type: text/plain}}\n"
    with serving(turns) as upstream, recording(upstream.url, file) as url:
        real = exchange(url, stream=True)
    with replaying(file) as url:
        again = exchange(url, stream=True)
    assert (again.body, b"text/plain" in again.head) == (real.body, b"text/plain" in real.head)


def test_an_exact_replay_sends_every_byte_as_the_gateway_did(tmp_path: Path) -> None:
    file = tmp_path / "recorded.yaml"
    with reference_gateway() as (upstream, _), recording(upstream, file) as url:
        real = [exchange(url, stream=True).text, exchange(url).body]
    file.write_text(file.read_text(encoding="utf-8").replace("turns:", "replay: exact\nturns:"), encoding="utf-8")
    with replaying(file) as url:
        assert [exchange(url, stream=True).text, exchange(url).body] == real
