"""Any field null, wherever it is.

Why: many gateways send null where the documents leave a field out, and programs test for one of the two.

In a scenario:

    faults: [{field_null: {event: chunk, path: choices.0.delta}}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault
from mockserver.faults.fields import FieldPlace, edit_field


def field_null(actions: Actions, parameters: FieldPlace, context: Context) -> Actions:
    """Return the answer with a field null."""
    return edit_field(actions, parameters, None, only=True)


FAULT = Fault(
    name="field_null",
    group="meaning",
    doc=__doc__,
    source="measured: null.*",
    apply=field_null,
    parameters=FieldPlace,
    example={"event": "chunk", "path": "choices.0.delta"},
)
