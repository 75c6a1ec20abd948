"""Any field left out.

Why: gateways differ in what they send, and SDKs build their objects without checking them. What is missing shows only
where a program reads it.

In a scenario:

    faults: [{field_missing: {event: message_start, path: message.usage}}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault
from mockserver.faults.fields import MISSING, FieldPlace, edit_field


def field_missing(actions: Actions, parameters: FieldPlace, context: Context) -> Actions:
    """Return the answer without a field."""
    return edit_field(actions, parameters, MISSING, only=True)


FAULT = Fault(
    name="field_missing",
    group="meaning",
    doc=__doc__,
    source="measured: drop.*",
    apply=field_missing,
    parameters=FieldPlace,
    example={"event": "message_start", "path": "message.usage"},
)
