"""The OpenAI wire: a body becomes a conversation, a reply becomes an answer or a stream, byte for byte."""

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
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from mockserver.core.errors import Refusal
from mockserver.wires.chunks import Chunk
from mockserver.wires.openai import reply as answers
from mockserver.wires.openai import request
from mockserver.wires.sse import split
from tests.conftest import GOLDEN, Golden
from tests.support.replies import REPLIES, reply

USER: JsonValue = {"role": "user", "content": "Hello"}
HELLO = Message("user", (Text("Hello"),))
CALLED: JsonValue = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "read", "arguments": '{"path":"/x"}'}}],
}
RESULT: JsonValue = {"role": "tool", "tool_call_id": "a", "content": "found"}

STREAMS = {
    "tool-by-character": answers.frames(REPLIES["tool"], "character", False),
    "tool-by-whole": answers.frames(REPLIES["tool"], "whole", False),
    "text-with-usage": answers.frames(REPLIES["text"], "word", True),
    "tool-with-usage": answers.frames(REPLIES["tool"], "word", True),
    "text-with-extras": answers.frames(reply(Text("Hi."), provider="anthropic", iterations=1), "word", False),
}


def parse(messages: Sequence[JsonValue] = (USER,), **fields: JsonValue) -> Conversation:
    return request.parse({"model": "m", "messages": list(messages), **fields}, 4096)


# Answers


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"openai-{name}.json", answers.whole(REPLIES[name]))


@pytest.mark.parametrize("name", REPLIES)
def test_a_stream_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"openai-{name}.sse", b"".join([frame.payload for frame in answers.frames(REPLIES[name], "word", False)]))


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_of_another_form_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"openai-{name}.sse", b"".join([frame.payload for frame in STREAMS[name]]))


def test_every_golden_file_is_compared() -> None:
    compared = {f"{name}.{form}" for name in REPLIES for form in ("json", "sse")} | {f"{name}.sse" for name in STREAMS}
    assert {file.name.removeprefix("openai-") for file in GOLDEN.glob("openai-*")} == compared


@pytest.mark.parametrize("name", REPLIES)
def test_a_stream_ends_with_the_finish_and_done(name: str) -> None:
    assert [frame.event for frame in answers.frames(REPLIES[name], "word", False)][-2:] == ["finish", "done"]


@pytest.mark.parametrize("name", REPLIES)
def test_the_usage_chunk_comes_before_done_when_asked_for(name: str) -> None:
    assert [frame.event for frame in answers.frames(REPLIES[name], "word", True)][-3:] == ["finish", "usage", "done"]


@given(st.text(), st.sampled_from(["word", "character", "whole"]))
def test_the_text_deltas_of_a_stream_join_to_the_text(text: str, chunk: Chunk) -> None:
    frames = [frame for frame in answers.frames(reply(Text(text)), chunk, False) if frame.event == "text"]
    deltas = [orjson.loads(split(frame.payload)[1])["choices"][0]["delta"]["content"] for frame in frames]
    assert "".join(deltas) == text


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53)), min_size=1, max_size=3))
def test_the_argument_deltas_of_each_call_join_to_its_arguments(inputs: list[dict[str, str | int]]) -> None:
    calls = [ToolUse("t", arguments, f"call_{number}") for number, arguments in enumerate(inputs)]
    joined = [""] * len(calls)
    for frame in answers.frames(reply(*calls, stop="tool_use"), "word", False):
        if frame.event == "tool_call":
            [call] = orjson.loads(split(frame.payload)[1])["choices"][0]["delta"]["tool_calls"]
            joined[call["index"]] += call["function"]["arguments"]
    assert [orjson.loads(arguments) for arguments in joined] == inputs


# Requests


def test_the_least_body_becomes_a_conversation_with_the_defaults() -> None:
    body = {"model": "m", "messages": [USER]}
    assert request.parse(body, 4096) == Conversation(model="m", messages=(HELLO,), body=body, max_tokens=4096)


def assistant(*blocks: Block) -> Message:
    return Message("assistant", blocks)


MESSAGES: list[tuple[JsonValue, Message]] = [
    ({"role": "user", "content": [{"type": "text", "text": "hi"}]}, Message("user", (Text("hi"),))),
    (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
        Message("user", (Media("image_url"),)),
    ),
    ({"role": "assistant", "content": "hi", "tool_calls": None}, assistant(Text("hi"))),
    ({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, assistant(Text("no", is_refusal=True))),
    ({"role": "assistant", "content": None, "refusal": "no"}, assistant(Text("no", is_refusal=True))),
    (CALLED, assistant(ToolUse("read", {"path": "/x"}, "a"))),
    (
        {"role": "assistant", "content": "hm", "function_call": {"name": "read", "arguments": "{}"}},
        assistant(Text("hm"), ToolUse("read", {}, "read")),
    ),
    (
        {
            "role": "assistant",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "t", "arguments": '{"broken'}}],
        },
        assistant(ToolUse("t", {}, "a")),
    ),
    (RESULT, Message("user", (ToolResult("a", "found"),))),
    (
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "found"}]},
        Message("user", (ToolResult("a", "found"),)),
    ),
    ({"role": "function", "name": "read", "content": "found"}, Message("user", (ToolResult("read", "found"),))),
]


@pytest.mark.parametrize(("written", "message"), MESSAGES)
def test_a_message_is_read_as_what_it_is(written: JsonValue, message: Message) -> None:
    assert parse([USER, written]).messages == (HELLO, message)


def test_system_texts_stand_apart_and_join() -> None:
    said: list[JsonValue] = [
        {"role": "system", "content": "one"},
        USER,
        {"role": "developer", "content": [{"type": "text", "text": "two"}]},
    ]
    parsed = parse(said, system="zero")
    assert (parsed.system, parsed.messages) == ("zero\none\ntwo", (HELLO,))


READ = ToolChoice("tool", "read")


@pytest.mark.parametrize(
    ("choice", "parsed"),
    [
        (None, ToolChoice("auto")),
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "function", "function": {"name": "read"}}, READ),
        ({"type": "tool", "name": "read"}, READ),
        ({"type": "any"}, ToolChoice("required")),
    ],
)
def test_a_tool_choice_is_read(choice: JsonValue, parsed: ToolChoice) -> None:
    assert parse(tool_choice=choice).tool_choice == parsed


@pytest.mark.parametrize(
    "written",
    [
        {"type": "function", "function": {"name": "t", "description": "D", "parameters": {"type": "object"}}},
        {"name": "t", "description": "D", "input_schema": {"type": "object"}},
    ],
)
def test_a_tool_is_read_in_either_documented_shape(written: JsonValue) -> None:
    assert parse(tools=[written]).tools == (Tool("t", "D", {"type": "object"}),)


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({}, 4096),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
    ],
)
def test_max_completion_tokens_comes_before_max_tokens(fields: dict[str, JsonValue], limit: int) -> None:
    assert parse((USER,), **fields).max_tokens == limit


@pytest.mark.parametrize(("stop", "sequences"), [(None, ()), ("END", ("END",)), (["a", "b"], ("a", "b"))])
def test_stop_is_a_string_or_a_list(stop: JsonValue, sequences: tuple[str, ...]) -> None:
    assert parse(stop=stop).stop_sequences == sequences


@pytest.mark.parametrize(("options", "usage"), [(None, False), ({}, False), ({"include_usage": True}, True)])
def test_usage_in_a_stream_is_asked_for_by_include_usage(options: JsonValue, usage: bool) -> None:
    assert parse(stream=True, stream_options=options).include_usage is usage


def test_the_managed_routes_preferred_model_is_the_model() -> None:
    assert request.parse({"preferred_model": "gpt-4o", "messages": [USER]}, None).model == "gpt-4o"


SYSTEM: JsonValue = {"role": "system", "content": "s"}
UNSAYABLE: list[tuple[list[JsonValue], str, str]] = [
    ([SYSTEM], "messages", "messages: at least one must not be a system message"),
    (
        [SYSTEM, USER, RESULT],
        "messages.2",
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'. "
        "No call has the id a.",
    ),
    (
        [USER, SYSTEM, CALLED, USER],
        "messages.2",
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        "The following tool_call_ids did not have response messages: a",
    ),
    (
        [USER, CALLED, RESULT, RESULT],
        "messages.3",
        "Invalid parameter: only one tool message may respond to a tool_call_id. Found a second for a.",
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


def test_a_tool_round_trip_is_taken() -> None:
    request.check(parse([SYSTEM, USER, CALLED, RESULT, {"role": "assistant", "content": "done"}, USER]))
