"""The Responses wire: a body becomes a conversation, a reply becomes a response or a stream, byte for byte."""

from collections.abc import Sequence

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.conversation import (
    Conversation,
    Media,
    Message,
    ResponseFormat,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from mockserver.core.errors import Refusal
from mockserver.wires.openai_responses import reply as answers
from mockserver.wires.openai_responses import request
from mockserver.wires.sse import split
from tests.conftest import GOLDEN, Golden
from tests.support.replies import REPLIES, reply

USER: JsonValue = {"role": "user", "content": "Hello"}
HELLO = Message("user", (Text("Hello"),))
CALL: JsonValue = {"type": "function_call", "call_id": "a", "name": "read", "arguments": '{"path":"/x"}'}
RESULT: JsonValue = {"type": "function_call_output", "call_id": "a", "output": "found"}
READ = ToolUse("read", {"path": "/x"}, "a")
FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
CUSTOM = ToolUse("shell", {"input": "ls"}, "c", is_custom=True)

SHOWN = {**REPLIES, "custom-tool": reply(CUSTOM, ToolUse("shell", {"x": 1}, "d", is_custom=True), stop="tool_use")}


def parse(items: JsonValue = "Hello", **fields: JsonValue) -> Conversation:
    return request.parse({"model": "m", "input": items, **fields}, None)


# Answers


@pytest.mark.parametrize("name", SHOWN)
def test_a_whole_answer_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"responses-{name}.json", answers.whole(SHOWN[name]))


@pytest.mark.parametrize("name", SHOWN)
def test_a_stream_is_the_golden_one(name: str, golden: Golden) -> None:
    golden(f"responses-{name}.sse", b"".join([frame.payload for frame in answers.frames(SHOWN[name], "word")]))


def test_every_golden_file_is_compared() -> None:
    compared = {f"responses-{name}.{form}" for name in SHOWN for form in ("json", "sse")}
    assert {file.name for file in GOLDEN.glob("responses-*")} == compared


@pytest.mark.parametrize("name", SHOWN)
def test_the_events_of_a_stream_are_numbered_and_named_by_their_type(name: str) -> None:
    frames = [split(frame.payload) for frame in answers.frames(SHOWN[name], "character")]
    events = [orjson.loads(data) for _, data in frames]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events] == [kind for kind, _ in frames]


@pytest.mark.parametrize("name", SHOWN)
def test_every_item_that_is_added_is_done_and_in_the_last_response(name: str) -> None:
    events = [orjson.loads(split(frame.payload)[1]) for frame in answers.frames(SHOWN[name], "word")]
    added = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [item["id"] for item in done] == added
    assert events[-1]["response"]["output"] == done


# Requests


@pytest.mark.parametrize(
    ("items", "messages"),
    [
        ("Hello", [HELLO]),
        ([USER], [HELLO]),
        ([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}], [HELLO]),
        ([{"role": "user", "content": [{"type": "input_image"}]}], [Message("user", (Media("input_image"),))]),
        ([{"role": "user", "content": ""}], [Message("user", ())]),
        (
            [{"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}],
            [Message("assistant", (Text("No.", True),))],
        ),
        (
            [
                USER,
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "s"},
                {"role": "assistant", "content": "Look."},
                CALL,
                RESULT,
            ],
            [
                HELLO,
                Message("assistant", (Thinking("Hm.", "s"), Text("Look."), READ)),
                Message("user", (ToolResult("a", "found"),)),
            ],
        ),
        (
            [
                {"type": "custom_tool_call", "call_id": "c", "name": "shell", "input": "ls"},
                {"type": "custom_tool_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
            ],
            [Message("assistant", (CUSTOM,)), Message("user", (ToolResult("c", "x"),))],
        ),
        (
            [{"type": "web_search_call"}, {"type": "computer_call_output"}],
            [Message("assistant", (Media("web_search_call"),)), Message("user", (Media("computer_call_output"),))],
        ),
    ],
)
def test_input_becomes_messages(items: JsonValue, messages: Sequence[Message]) -> None:
    assert list(parse(items).messages) == messages


def test_instructions_and_system_messages_are_the_system_text() -> None:
    items: JsonValue = [{"role": "developer", "content": "Two."}, {"role": "system", "content": "Three."}, USER]
    conversation = parse(items, instructions="One.")
    assert (conversation.system, conversation.messages) == ("One.\nTwo.\nThree.", (HELLO,))


@pytest.mark.parametrize(
    ("tool", "tools"),
    [
        ({"type": "function", "name": "t", "parameters": {"a": 1}}, (Tool("t", "", {"a": 1}),)),
        ({"type": "custom", "name": "t", "description": "d"}, (Tool("t", "d", FREE_TEXT, True),)),
        ({"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "t"}]}, (Tool("t", "", {}),)),
        ({"type": "web_search"}, ()),
    ],
)
def test_tools_are_read_in_their_shapes(tool: JsonValue, tools: tuple[Tool, ...]) -> None:
    assert parse(tools=[tool]).tools == tools


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (None, ToolChoice("auto")),
        ("required", ToolChoice("required")),
        ("unknown", ToolChoice("auto")),
        ({"type": "function", "name": "t"}, ToolChoice("tool", "t")),
        ({"type": "web_search"}, ToolChoice("auto")),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "t"}]},
            ToolChoice("required", allowed=("t",)),
        ),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, ToolChoice("auto")),
    ],
)
def test_the_choice_of_a_tool_is_read(choice: JsonValue, read: ToolChoice) -> None:
    assert parse(tool_choice=choice).tool_choice == read


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, ResponseFormat()),
        ({"type": "json_schema", "schema": {"a": 1}}, ResponseFormat({"a": 1}, "text.format.schema")),
        ({"type": "json_schema"}, ResponseFormat(None, "text.format.schema")),
    ],
)
def test_the_form_of_the_answer_is_read(form: JsonValue, asked: ResponseFormat | None) -> None:
    assert parse(text={"format": form}).response_format == asked


@pytest.mark.parametrize(
    ("reasoning", "thinking"),
    [
        (None, "none"),
        ({"effort": "none"}, "none"),
        ({"effort": "low"}, "hidden"),
        ({"effort": "low", "summary": "auto"}, "shown"),
        ({"summary": "auto"}, "shown"),
    ],
)
def test_thinking_is_shown_to_those_who_ask_for_a_summary(reasoning: JsonValue, thinking: str) -> None:
    assert parse(reasoning=reasoning).thinking == thinking


def test_the_limit_is_that_of_the_request_else_of_the_route() -> None:
    assert [parse(max_output_tokens=limit).max_tokens for limit in (16, None)] == [16, None]
    assert request.parse({}, 7).max_tokens == 7


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "at least one item must not be a system message"),
        ([USER, CALL], "No tool output found for function call a."),
        ([USER, RESULT], "No tool call found for function call output with call_id a."),
        ([USER, CALL, RESULT, RESULT], "Only one output may answer a function call. Found a second for a."),
        ([USER, CALL, CALL], "The call_id of a function call must be unique: a"),
    ],
)
def test_input_that_the_real_api_refuses_is_refused(items: JsonValue, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refused:
        request.check(parse(items))
    assert (refused.value.failure.status, refused.value.failure.param) == (400, "input")
