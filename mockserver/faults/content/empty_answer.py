"""A proper answer that says nothing.

Why: models end their turn without a word, mostly after a tool's result. A client that takes the first block of the
content raises.

In a scenario:

    faults: [empty_answer]
"""

from mockserver.core.actions import Actions
from mockserver.faults.answers import is_stream
from mockserver.faults.editing import keep_events
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import MISSING, Edit, edit

_CONTENT = (
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "ping",
    "reasoning",
    "text",
    "tool_call",
)
"""The kinds of events with content, and the ping between them."""

_EMPTY = (
    Edit("whole", "content", [], only=True),
    Edit("whole", "choices.0.message.content", "", only=True),
    Edit("whole", "choices.0.message.reasoning_content", MISSING),
    Edit("whole", "choices.0.message.tool_calls", MISSING),
)


def empty_answer(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer without its thinking, its text and its calls."""
    if not is_stream(actions):
        return edit(actions, _EMPTY, "the answer is no message")
    return keep_events(actions, lambda kind: kind not in _CONTENT, "the answer says nothing anyway")


FAULT = Fault(
    name="empty_answer",
    group="content",
    doc=__doc__,
    source="measured: ns_content_empty",
    apply=empty_answer,
)
