"""The last event without its blank line.

Why: a server that ends its answer too early leaves it out. By the standard (WHATWG) such an event is dropped; many
clients take it.

In a scenario:

    faults: [{unterminated: 1}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import need_stream
from mockserver.faults.editing import changed, with_action
from mockserver.faults.fault import Context, Fault, Parameters, Stage


class Newlines(Parameters):
    """What is left of the last event's end."""

    main: ClassVar[str] = "newlines"
    newlines: Literal[0, 1] = Field(0, description="0: not even its line ends; 1: the blank line is missing.")


def unterminated(actions: Actions, parameters: Newlines, context: Context) -> Actions:
    """Return the stream with less at its end."""
    need_stream(actions)
    last, action = next(
        (index, action) for index, action in reversed(list(enumerate(actions))) if isinstance(action, Data)
    )
    shorter = Data(action.payload.rstrip(b"\r\n") + b"\n" * parameters.newlines, action.event)
    return changed(actions, with_action(actions, last, shorter), "it is so anyway")


FAULT = Fault(
    name="unterminated",
    group="framing",
    doc=__doc__,
    source="measured: last_event_no_blank_line, last_event_single_newline",
    apply=unterminated,
    parameters=Newlines,
    example=1,
    stage=Stage.FORM,
)
