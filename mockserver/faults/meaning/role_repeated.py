"""The role on every delta (OpenAI).

Why: several gateways send it. A client that joins every field of its deltas gets "assistantassistant".

In a scenario:

    faults: [role_repeated]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import DELTA_CHUNKS, Edit, edit


def role_repeated(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with the role on every delta."""
    edits = [Edit(kind, "choices.0.delta.role", "assistant") for kind in DELTA_CHUNKS]
    return edit(actions, edits, "the answer has no deltas of the OpenAI wire")


FAULT = Fault(
    name="role_repeated",
    group="meaning",
    doc=__doc__,
    source="measured: role_repeated_each_chunk",
    apply=role_repeated,
)
