"""Changing the pieces of tool calls in a stream of the OpenAI wire."""

from collections.abc import Callable

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import Object, need_stream
from mockserver.faults.editing import changed, each_document

_NONE = "the answer has no tool call of the OpenAI wire that this changes"


def each_call(actions: Actions, change: Callable[[Object, bool], object]) -> Actions:
    """Return the stream with every piece of a tool call changed in place.

    `change` gets the piece, and whether it is the first of its call, which alone has the id.
    """
    need_stream(actions)

    def change_all(event: Data, body: Object) -> bool:
        if event.event != "tool_call":
            return False
        for call in body["choices"][0]["delta"]["tool_calls"]:
            change(call, "id" in call)
        return True

    return changed(actions, each_document(actions, change_all, _NONE), _NONE)
