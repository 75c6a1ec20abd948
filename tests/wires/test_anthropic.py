"""The Anthropic wire: a body becomes a conversation, a reply becomes an answer or a stream, byte for byte."""

from collections.abc import Sequence

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.conversation import (
    Block,
    Conversation,
    Media,
    Message,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from mockserver.core.errors import Refusal
from mockserver.wires.anthropic import read, request
from mockserver.wires.anthropic import reply as answers
from mockserver.wires.chunks import Chunk
from mockserver.wires.sse import split
from tests.conftest import GOLDEN, Golden
from tests.support.replies import REPLIES, reply

USER: JsonValue = {"role": "user", "content": "Hello"}
CALLED: JsonValue = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "a", "name": "read", "input": {"path": "/x"}}],
}


def parse(messages: Sequence[JsonValue] = (USER,), **fields: JsonValue) -> Conversation:
    return request.parse({"model": "m", "messages": list(messages), **fields}, 4096)


# Answers


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"anthropic-{name}.json", answers.whole(REPLIES[name]))


@pytest.mark.parametrize("name", REPLIES)
def test_a_stream_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"anthropic-{name}.sse", b"".join([frame.payload for frame in answers.frames(REPLIES[name], "word")]))


@pytest.mark.parametrize("chunk", ["character", "whole"])
def test_a_stream_in_other_chunks_is_the_golden_one(chunk: Chunk, golden: Golden) -> None:
    golden(
        f"anthropic-tool-by-{chunk}.sse",
        b"".join([frame.payload for frame in answers.frames(REPLIES["tool"], chunk)]),
    )


def test_every_golden_file_is_compared() -> None:
    compared = {f"{name}.{form}" for name in REPLIES for form in ("json", "sse")}
    compared |= {"tool-by-character.sse", "tool-by-whole.sse"}
    assert {file.name.removeprefix("anthropic-") for file in GOLDEN.glob("anthropic-*")} == compared


@pytest.mark.parametrize("name", REPLIES)
def test_a_frame_says_its_kind_in_its_event_line_and_in_its_data(name: str) -> None:
    frames = answers.frames(REPLIES[name], "word")
    named = [(frame.event, frame.event) for frame in frames]
    assert [(event, orjson.loads(data)["type"]) for event, data in map(split, [f.payload for f in frames])] == named


@pytest.mark.parametrize("name", [name for name, made in REPLIES.items() if made.blocks])
def test_there_is_one_ping_and_it_comes_after_the_first_block_has_started(name: str) -> None:
    events = [frame.event for frame in answers.frames(REPLIES[name], "word")]
    assert events[:3] == ["message_start", "content_block_start", "ping"]
    assert events.count("ping") == 1


@given(st.text(), st.sampled_from(["word", "character", "whole"]))
def test_the_text_deltas_of_a_stream_join_to_the_text(text: str, chunk: Chunk) -> None:
    events = [orjson.loads(split(frame.payload)[1]) for frame in answers.frames(reply(Text(text)), chunk)]
    assert "".join([event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]) == text


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none()))
def test_the_argument_deltas_of_a_stream_join_to_the_input(arguments: dict[str, str | int | None]) -> None:
    frames = answers.frames(reply(ToolUse("t", arguments, "a")), "word")
    events = [orjson.loads(split(frame.payload)[1]) for frame in frames if frame.event == "content_block_delta"]
    assert orjson.loads("".join([event["delta"]["partial_json"] for event in events])) == arguments


def test_a_stream_of_other_and_of_broken_deltas_is_joined_all_the_same() -> None:
    thinking: dict[str, object] = {"type": "thinking", "thinking": ""}
    call: dict[str, object] = {"type": "tool_use", "id": "a", "name": "now"}
    deltas = [{"type": "thinking_delta", "thinking": "Hm."}, {"type": "input_json_delta", "partial_json": '{"a":'}]
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {"role": "assistant"}},
        *[{"type": "content_block_start", "index": n, "content_block": b} for n, b in enumerate((thinking, call))],
        *[{"type": "content_block_delta", "index": n, "delta": delta} for n, delta in enumerate(deltas)],
    ]
    content = [{"type": "thinking", "thinking": "Hm."}, {**call, "input": {}}]
    assert read.whole_of(events) == {"role": "assistant", "content": content}


def test_a_text_too_long_for_the_cache_is_streamed_all_the_same() -> None:
    text = "word " * 2_000
    events = [orjson.loads(split(frame.payload)[1]) for frame in answers.frames(reply(Text(text)), "word")]
    assert "".join([event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]) == text


# Requests


def test_the_least_body_becomes_a_conversation_with_the_defaults() -> None:
    body = {"model": "m", "messages": [USER]}
    hello = Message("user", (Text("Hello"),))
    assert request.parse(body, 4096) == Conversation(model="m", messages=(hello,), body=body, max_tokens=4096)


BLOCKS: list[tuple[JsonValue, Block]] = [
    ({"type": "text", "text": "hi"}, Text("hi")),
    ({"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}, Text("hi")),
    ({"type": "tool_use", "id": "a", "name": "read", "input": {"n": 1}}, ToolUse("read", {"n": 1}, "a")),
    ({"type": "tool_result", "tool_use_id": "a"}, ToolResult("a", "")),
    ({"type": "tool_result", "tool_use_id": "a", "content": "found"}, ToolResult("a", "found")),
    ({"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True}, ToolResult("a", "no", True)),
    (
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "content": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}],
        },
        ToolResult("a", "onetwo"),
    ),
    ({"type": "image", "source": {}}, Media("image")),
    ({"type": "thinking", "thinking": "hm", "signature": "s"}, Thinking("hm", "s")),
    ({"type": "redacted_thinking", "data": "d"}, Thinking("", "d", redacted=True)),
]


@pytest.mark.parametrize(("written", "block"), BLOCKS)
def test_a_block_is_read_as_what_it_is(written: JsonValue, block: Block) -> None:
    assert parse([{"role": "user", "content": [written]}]).messages == (Message("user", (block,)),)


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ("Be brief.", "Be brief."),
        ([{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}], "Be brief."),
        (None, ""),
    ],
)
def test_the_system_text_is_a_string_or_the_texts_of_its_blocks(system: JsonValue, text: str) -> None:
    assert parse(system=system).system == text


@pytest.mark.parametrize(
    ("choice", "parsed"),
    [
        (None, ToolChoice("auto")),
        ({"type": "auto"}, ToolChoice("auto")),
        ({"type": "any"}, ToolChoice("required")),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "tool", "name": "read"}, ToolChoice("tool", "read")),
    ],
)
def test_a_tool_choice_is_read(choice: JsonValue, parsed: ToolChoice) -> None:
    assert parse(tool_choice=choice).tool_choice == parsed


@pytest.mark.parametrize(
    ("written", "tool"),
    [
        ({"name": "t", "description": "D", "input_schema": {"type": "object"}}, Tool("t", "D", {"type": "object"})),
        ({"type": "web_search_20250305", "name": "web_search"}, Tool("web_search", "", {})),
        ({"name": "t", "description": None, "input_schema": None}, Tool("t", "", {})),
    ],
)
def test_a_tool_is_read(written: JsonValue, tool: Tool) -> None:
    assert parse(tools=[written]).tools == (tool,)


@pytest.mark.parametrize(("written", "stream"), [(True, True), (False, False), (None, False)])
def test_a_stream_is_asked_for_by_true(written: JsonValue, stream: bool) -> None:
    assert parse(stream=written).stream is stream


def test_the_limits_are_read() -> None:
    parsed = parse(max_tokens=5, stop_sequences=["END", "\n\n"])
    assert (parsed.max_tokens, parsed.stop_sequences) == (5, ("END", "\n\n"))


RESULT: JsonValue = {"type": "tool_result", "tool_use_id": "a", "content": "found"}


def answered(*blocks: JsonValue) -> list[JsonValue]:
    return [USER, CALLED, {"role": "user", "content": list(blocks)}]


UNSAYABLE: list[tuple[list[JsonValue], str, str]] = [
    ([CALLED, USER], "messages.0.role", 'messages: first message must use the "user" role'),
    (
        [{"role": "user", "content": [RESULT]}],
        "messages.0.content.0",
        "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
    ),
    (
        [USER, CALLED, USER],
        "messages.1",
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    ),
    (
        answered(RESULT, RESULT),
        "messages.2.content.1",
        "messages.2.content.1: each `tool_use` must have a single result. "
        "Found multiple `tool_result` blocks with id: a.",
    ),
]


@pytest.mark.parametrize(("messages", "param", "words"), UNSAYABLE)
def test_a_conversation_that_the_real_api_refuses_is_refused_in_its_words(
    messages: list[JsonValue], param: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        request.check(parse(messages))
    failure = refused.value.failure
    assert (failure.status, failure.param, failure.message) == (400, param, words)


@pytest.mark.parametrize(
    "messages",
    [[USER], [USER, USER], [USER, {"role": "assistant", "content": "prefill"}], answered(RESULT)],
    ids=["one message", "two of one role", "a prefilled answer", "a tool round trip"],
)
def test_a_conversation_that_the_real_api_takes_is_taken(messages: list[JsonValue]) -> None:
    request.check(parse(messages))
