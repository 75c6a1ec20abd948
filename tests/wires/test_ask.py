"""A conversation that the mock begins: the body that a wire makes of it says the same to its own parser."""

import msgspec
import pytest

from mockserver.core.conversation import (
    Conversation,
    Media,
    Message,
    ResponseFormat,
    Text,
    Tool,
    ToolResult,
    ToolUse,
)
from mockserver.wires import WIRES
from mockserver.wires.wire import Wire

LOOK = Tool("look", "Look.", {"type": "object", "properties": {"city": {"type": "string"}}})
HELLO = Message("user", (Text("Hello"),))
CALL = Message("assistant", (Text("I look."), ToolUse("look", {"city": "Oslo"}, "call_1")))
RESULT = Message("user", (ToolResult("call_1", "rain"),))

CONVERSATIONS = {
    "a text": Conversation(model="m", messages=(HELLO,), body={}, max_tokens=9),
    "a stream with a system text": Conversation(
        model="m", messages=(HELLO,), body={}, max_tokens=9, system="Be brief.", stream=True
    ),
    "a tool loop": Conversation(model="m", messages=(HELLO, CALL, RESULT), body={}, max_tokens=9, tools=(LOOK,)),
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_wire_parses_what_it_asks(wire: Wire, conversation: Conversation) -> None:
    parsed = wire.parse(wire.ask(conversation), None)
    assert msgspec.structs.replace(parsed, body={}) == conversation


@pytest.mark.parametrize("name", [name for name in WIRES if name != "anthropic"])
def test_json_is_asked_for_where_the_wire_has_a_word_for_any_object(name: str) -> None:
    wire = WIRES[name]
    asked = Conversation(model="m", messages=(HELLO,), body={}, max_tokens=9, response_format=ResponseFormat())
    form = wire.parse(wire.ask(asked), None).response_format
    assert form is not None
    assert form.kind == "json_object"


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_a_block_that_cannot_be_asked_is_left_out(wire: Wire) -> None:
    asked = Conversation(model="m", messages=(Message("user", (Media("image"), Text("Hi"))),), body={}, max_tokens=9)
    assert wire.parse(wire.ask(asked), None).messages == (Message("user", (Text("Hi"),)),)


def test_a_failed_tool_is_told_where_the_wire_has_a_word_for_it() -> None:
    failed = Message("user", (ToolResult("call_1", "no", True),))
    asked = Conversation(model="m", messages=(HELLO, CALL, failed), body={}, max_tokens=9, tools=(LOOK,))
    wire = WIRES["anthropic"]
    assert wire.parse(wire.ask(asked), None).messages[-1] == failed
