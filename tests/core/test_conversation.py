"""One conversation for both wires: what it knows about itself, and how its tokens are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.conversation import (
    Block,
    Conversation,
    Media,
    Message,
    Role,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Usage,
    compact_json,
    joined_text,
    output_tokens,
    spoken,
    tokens,
)

CALL = ToolUse("read", {"path": "/x"}, "a")
RESULT = ToolResult("a", "found")


def user(*blocks: Block) -> Message:
    return Message("user", blocks)


def assistant(*blocks: Block) -> Message:
    return Message("assistant", blocks)


def talk(*messages: Message, system: str = "", tools: tuple[Tool, ...] = ()) -> Conversation:
    return Conversation(model="m", messages=messages, body={}, system=system, tools=tools)


@pytest.mark.parametrize(
    ("message", "last"),
    [
        (user(Text("hi")), "user"),
        (user(), "user"),
        (assistant(Text("hi")), "assistant"),
        (assistant(CALL), "assistant"),
        (user(RESULT), "tool_result"),
        (user(Text("see"), RESULT), "tool_result"),
        (user(RESULT, Text("and now?")), "tool_result"),
    ],
)
def test_the_last_message_is_known_by_who_spoke_and_whether_it_brings_results(message: Message, last: str) -> None:
    assert talk(user(Text("first")), message).last == last


def test_a_conversation_without_messages_can_be_asked_everything() -> None:
    empty = talk()
    assert (empty.last, empty.last_user_text, empty.tool_results) == ("", "", ())
    assert (empty.assistant_turns, empty.tool_rounds, empty.input_tokens) == (0, 0, 1)


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([user(Text("one")), assistant(Text("two")), user(Text("three"))], "three"),
        ([user(Text("one")), assistant(Text("two"))], "one"),
        ([user(Text("one")), assistant(CALL), user(RESULT)], "one"),
        ([user(Text("one")), user(Text("two "), Media("image"), Text("three"))], "two three"),
        ([user(Media("image"))], ""),
        ([assistant(Text("two"))], ""),
    ],
)
def test_the_last_user_text_is_that_of_the_last_user_message_that_has_any(messages: list[Message], text: str) -> None:
    assert talk(*messages).last_user_text == text


@pytest.mark.parametrize(
    ("messages", "ids"),
    [
        ([user(Text("hi"))], []),
        ([assistant(CALL), user(RESULT)], ["a"]),
        ([assistant(CALL), user(RESULT), user(ToolResult("b", ""))], ["a", "b"]),
        ([assistant(CALL), user(RESULT, ToolResult("b", ""), Text("x"))], ["a", "b"]),
        ([user(RESULT), assistant(Text("done"))], []),
        ([user(RESULT), assistant(Text("done")), user(Text("more"))], []),
    ],
)
def test_the_tool_results_are_those_after_the_assistants_last_message(messages: list[Message], ids: list[str]) -> None:
    assert [result.tool_use_id for result in talk(*messages).tool_results] == ids


def test_assistant_turns_count_every_assistant_message() -> None:
    assert talk(user(), assistant(Text("a")), user(), assistant(CALL), user(RESULT)).assistant_turns == 2


def test_tool_rounds_count_the_assistant_messages_that_call() -> None:
    assert talk(user(), assistant(Text("a")), user(), assistant(CALL, CALL), user(RESULT)).tool_rounds == 1


@pytest.mark.parametrize(("characters", "count"), [(0, 0), (1, 1), (3, 1), (4, 1), (5, 2), (8, 2), (4000, 1000)])
def test_a_token_is_four_characters_rounded_up(characters: int, count: int) -> None:
    assert tokens(characters) == count


@pytest.mark.parametrize(
    ("block", "characters"),
    [
        (Text(""), 0),
        (Text("héllo 🎉"), 7),
        (ToolUse("read", {}), len("read{}")),
        (ToolUse("read", {"a": [1, 2], "b": "ü"}), len('read{"a":[1,2],"b":"ü"}')),
        (ToolResult("a-long-id-that-nobody-says", "found"), len("found")),
        (Media("document"), 0),
        (Media("image"), 4_000),
        (Media("image_url"), 4_000),
    ],
)
def test_what_a_block_says_are_its_texts_names_and_inputs(block: Block, characters: int) -> None:
    assert spoken(block) == characters


ROLES: list[Role] = ["user", "assistant"]


@pytest.mark.parametrize("role", ROLES)
def test_input_tokens_count_the_messages_of_both_sides(role: Role) -> None:
    assert talk(Message(role, (Text("x" * 9), CALL))).input_tokens == tokens(9 + len('read{"path":"/x"}'))


def test_input_tokens_count_the_system_text() -> None:
    assert talk(user(Text("1234")), system="12345678").input_tokens == 3


def test_input_tokens_count_the_tool_definitions() -> None:
    tool = Tool("read", "Reads.", {"type": "object"})
    assert talk(user(Text("1234")), tools=(tool,)).input_tokens == tokens(4 + len('readReads.{"type":"object"}'))


def test_a_request_that_says_nothing_is_one_token() -> None:
    assert talk(user(Media("document"))).input_tokens == 1


def test_the_blocks_of_a_reply_are_rounded_up_together() -> None:
    assert output_tokens([Text("1"), Text("2"), Text("3")]) == 1


def test_a_reply_that_says_nothing_is_no_token() -> None:
    assert output_tokens([]) == 0


@given(st.text(), st.text())
def test_tokens_are_never_fewer_together_than_the_longer_part(one: str, other: str) -> None:
    assert output_tokens([Text(one), Text(other)]) >= max(tokens(len(one)), tokens(len(other)))


def test_usage_adds_up() -> None:
    assert Usage(3, 4).total == 7


def test_joined_text_leaves_out_what_is_no_text() -> None:
    assert joined_text([Text("a"), CALL, RESULT, Media("image"), Text("b")]) == "ab"


def test_compact_json_has_no_blanks_and_keeps_letters_and_order() -> None:
    assert compact_json({"b": [1, None], "a": "ü"}) == '{"b":[1,null],"a":"ü"}'
