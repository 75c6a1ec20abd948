"""Calls and results must pair: every call has one result, before anybody says anything else."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.conversation import Block, Message, Text, ToolResult, ToolUse
from mockserver.wires.pairing import find_unpaired

SAID = Text("said")


def call(id: str) -> ToolUse:
    return ToolUse("read", {}, id)


def result(id: str) -> ToolResult:
    return ToolResult(id, "found")


def user(*blocks: Block) -> Message:
    return Message("user", blocks)


def assistant(*blocks: Block) -> Message:
    return Message("assistant", blocks)


PAIRED: dict[str, list[Message]] = {
    "nobody speaks": [],
    "only text": [user(SAID), assistant(SAID), user(SAID)],
    "one call": [user(SAID), assistant(SAID, call("a")), user(result("a"))],
    "parallel calls, results in another order": [
        user(),
        assistant(call("a"), call("b")),
        user(result("b"), result("a")),
    ],
    "each result a message of its own": [user(), assistant(call("a"), call("b")), user(result("a")), user(result("b"))],
    "text after the result": [user(), assistant(call("a")), user(result("a"), SAID)],
    "text after the call": [user(), assistant(call("a"), SAID), user(result("a"))],
    "two rounds": [user(), assistant(call("a")), user(result("a")), assistant(call("b")), user(result("b"))],
    "an id used again in another round": [
        *(user(), assistant(call("a")), user(result("a"))),
        *(assistant(SAID, call("a")), user(result("a"))),
    ],
    "calls in two messages of one turn": [
        *(user(), assistant(call("a")), assistant(call("b")), user(result("a"), result("b"))),
    ],
}


@pytest.mark.parametrize("case", PAIRED)
def test_a_conversation_whose_calls_and_results_pair_is_accepted(case: str) -> None:
    assert find_unpaired(PAIRED[case]) is None


UNPAIRED: dict[str, tuple[list[Message], tuple[str, str, int, int]]] = {
    "a result without any call": ([user(SAID, result("a"))], ("result_without_call", "a", 0, 1)),
    "a result for another call": (
        [user(), assistant(call("a")), user(result("b"))],
        ("result_without_call", "b", 2, 0),
    ),
    "a result for a call of an earlier turn": (
        [user(), assistant(call("a")), user(result("a")), assistant(SAID), user(result("a"))],
        ("result_without_call", "a", 4, 0),
    ),
    "a call without a result": ([user(), assistant(SAID, call("a")), user(SAID)], ("call_without_result", "a", 1, 1)),
    "a call at the very end": ([user(), assistant(call("a"))], ("call_without_result", "a", 1, 0)),
    "one of two calls without a result": (
        [user(), assistant(call("a"), call("b")), user(result("a")), assistant(SAID)],
        ("call_without_result", "b", 1, 1),
    ),
    "a second result in one message": (
        [user(), assistant(call("a")), user(result("a"), result("a"))],
        ("second_result", "a", 2, 1),
    ),
    "a second result in another message": (
        [user(), assistant(call("a")), user(result("a")), user(result("a"))],
        ("second_result", "a", 3, 0),
    ),
    "two calls of one id": (
        [user(), assistant(call("a"), call("a")), user(result("a"))],
        ("repeated_call", "a", 1, 1),
    ),
    "a user message before the result": (
        [user(), assistant(call("a")), user(SAID), user(result("a"))],
        ("call_without_result", "a", 1, 0),
    ),
    "text before the result": (
        [user(), assistant(call("a")), user(SAID, result("a"))],
        ("call_without_result", "a", 1, 0),
    ),
}


@pytest.mark.parametrize("case", UNPAIRED)
def test_the_first_call_or_result_without_its_partner_is_named_with_its_place(case: str) -> None:
    messages, expected = UNPAIRED[case]
    assert find_unpaired(messages) == expected


@st.composite
def paired_conversations(draw: st.DrawFn) -> list[Message]:
    """Draw rounds of up to three calls, answered in any order, in one message or in several."""
    messages = [user(SAID)]
    for round in range(draw(st.integers(1, 4))):
        ids = [f"{round}-{number}" for number in range(draw(st.integers(1, 3)))]
        messages.append(assistant(*draw(st.sampled_from([(), (SAID,)])), *map(call, ids)))
        results = [result(id) for id in draw(st.permutations(ids))]
        messages += [user(*results)] if draw(st.booleans()) else [user(each) for each in results]
    return messages


def positions(messages: list[Message]) -> Iterator[tuple[int, int]]:
    """Where the results are."""
    for number, message in enumerate(messages):
        for place, block in enumerate(message.blocks):
            if isinstance(block, ToolResult):
                yield number, place


def with_blocks(messages: list[Message], number: int, blocks: tuple[Block, ...]) -> list[Message]:
    return [*messages[:number], Message(messages[number].role, blocks), *messages[number + 1 :]]


@given(paired_conversations())
def test_any_paired_conversation_is_accepted(messages: list[Message]) -> None:
    assert find_unpaired(messages) is None


@given(paired_conversations(), st.data())
def test_without_one_of_its_results_it_is_refused(messages: list[Message], data: st.DataObject) -> None:
    number, place = data.draw(st.sampled_from([*positions(messages)]))
    blocks = messages[number].blocks
    lost = blocks[place]
    assert isinstance(lost, ToolResult)
    found = find_unpaired(with_blocks(messages, number, blocks[:place] + blocks[place + 1 :]))
    assert found is not None
    assert (found.fault, found.id) == ("call_without_result", lost.tool_use_id)


@given(paired_conversations(), st.data())
def test_with_one_of_its_results_twice_it_is_refused(messages: list[Message], data: st.DataObject) -> None:
    number, place = data.draw(st.sampled_from([*positions(messages)]))
    blocks = messages[number].blocks
    found = find_unpaired(with_blocks(messages, number, (*blocks, blocks[place])))
    assert found is not None
    assert found.fault == "second_result"


@given(paired_conversations())
def test_with_a_result_nobody_asked_for_it_is_refused(messages: list[Message]) -> None:
    found = find_unpaired([*messages, user(result("unasked"))])
    assert found is not None
    assert (found.fault, found.id) == ("result_without_call", "unasked")
