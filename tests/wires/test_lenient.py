"""A request is parsed whatever it is: `parse` is total over JSON objects, and its result has the stated types."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.conversation import Conversation, Json
from mockserver.core.json_text import json_or_none
from mockserver.wires import WIRES
from mockserver.wires.pairing import find_unpaired
from mockserver.wires.wire import Wire
from tests.attack.bodies import encoded, requests

each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=list(WIRES))


def check(wire: Wire, body: Json) -> Conversation:
    """Check that a body is parsed, that each part has its type, and that all that is derived from it can be asked."""
    conversation = wire.parse(body, 7)
    parts = (conversation.messages, conversation.tools, conversation.tool_choice, conversation.stop_sequences)
    kinds = (type(part) for part in parts)
    assert list(kinds) == [tuple, tuple, type(conversation.tool_choice), tuple]
    assert msgspec.convert(msgspec.to_builtins(conversation), Conversation, strict=True) == conversation
    assert conversation.last in ("", "user", "assistant", "tool_result")
    assert isinstance(conversation.last_user_text, str)
    assert conversation.assistant_turns >= conversation.tool_rounds >= 0
    assert all(isinstance(result.tool_use_id, str) for result in conversation.tool_results)
    assert conversation.input_tokens > 0
    find_unpaired(conversation.messages)
    return conversation


@each_wire
@given(requests())
def test_every_object_near_a_request_is_parsed(wire: Wire, value: Json) -> None:
    body = json_or_none(encoded(value))
    if isinstance(body, dict):
        check(wire, body)


WRONG: tuple[Json, ...] = (None, True, 7, 1.5, "x", [], {}, [[]], [{}], [None], {"type": []}, [{"type": {}, "id": []}])
FIELDS = (
    *("model", "preferred_model", "messages", "system", "tools", "tool_choice", "stream", "stream_options"),
    *("max_tokens", "max_completion_tokens", "stop", "stop_sequences"),
)


@each_wire
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_field_of_a_wrong_type_counts_as_absent_or_is_read(wire: Wire, field: str, value: Json) -> None:
    conversation = check(wire, {field: value})
    assert conversation.model in ("", "x")
    assert conversation.max_tokens in (7, 1, None)


MESSAGE_FIELDS = ("role", "content", "tool_calls", "function_call", "tool_call_id", "name")
BLOCK_FIELDS = ("type", "text", "id", "name", "input", "tool_use_id", "content", "is_error", "function", "refusal")
KINDS = ("text", "tool_use", "tool_result", "function")


@each_wire
@pytest.mark.parametrize("role", ["user", "assistant", "tool", "function", "system", "robot"])
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_parts_of_messages_of_a_wrong_type_are_read(wire: Wire, role: str, value: Json) -> None:
    for field in MESSAGE_FIELDS:
        check(wire, {"messages": [{"role": role, "content": "a", field: value}]})
    for field in BLOCK_FIELDS:
        blocks = [{"type": kind, "text": "a", field: value} for kind in KINDS]
        calls = [{"id": "a", "function": {"name": "b", "arguments": "{}", field: value}}]
        check(wire, {"messages": [{"role": role, "content": blocks, "tool_calls": [*blocks, *calls]}], "tools": blocks})


@given(st.sampled_from(["max_tokens", "max_completion_tokens"]), st.integers() | st.floats(allow_nan=False))
@each_wire
def test_every_number_is_a_limit(wire: Wire, name: str, number: float) -> None:
    body = json_or_none(f'{{"{name}": {number}}}')
    if body is not None:
        limit = wire.parse(body, 7).max_tokens
        assert limit in (int(body[name]), 7)
