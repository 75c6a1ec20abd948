"""Any field set to anything.

Why: it covers what no other fault names: a field of another type, an unknown word, a number out of range.

In a scenario:

    faults: [{field: {event: message_start, path: message.role, value: user}}]
"""

from pydantic import Field, JsonValue

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault
from mockserver.faults.fields import FieldPlace, edit_field


class FieldValue(FieldPlace):
    """A field and its new value."""

    value: JsonValue = Field(description="What it becomes.")


def field(actions: Actions, parameters: FieldValue, context: Context) -> Actions:
    """Return the answer with a field set, also where it was not there."""
    return edit_field(actions, parameters, parameters.value, only=False)


FAULT = Fault(
    name="field",
    group="meaning",
    doc=__doc__,
    source="measured: 116 single fields",
    apply=field,
    parameters=FieldValue,
    example={"event": "message_start", "path": "message.role", "value": "user"},
)
