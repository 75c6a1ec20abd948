"""`[DONE]` once more, or where it does not belong.

Why: gateways that translate between the wires end an Anthropic stream with the OpenAI wire's `[DONE]`, or send it
twice. As an event with a name it makes the official Anthropic SDKs raise.

In a scenario:

    faults: [{extra_done: 1}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.wires.sse import DONE, frame


class Done(Parameters):
    """How many, and under which name."""

    main: ClassVar[str] = "count"
    count: int = Field(1, ge=1, le=1000, description="How many beside the usual one.")
    event: str = Field("", pattern=r"^[^\r\n]*$", description="A name for its `event:` line.")


def extra_done(actions: Actions, parameters: Done, context: Context) -> Actions:
    """Return the stream with `[DONE]` after its end."""
    done = Data(frame(b"[DONE]", parameters.event), "done") if parameters.event else DONE
    return insert(actions, "end", *[done] * parameters.count)


FAULT = Fault(
    name="extra_done",
    group="framing",
    doc=__doc__,
    source="measured: duplicate_done, done_after_message_stop_event, done_after_message_stop_noevent",
    apply=extra_done,
    parameters=Done,
    example=1,
)
