"""The first delta's content is null (OpenAI).

Why: several gateways send null where others send an empty text. A client that adds it to a text raises.

In a scenario:

    faults: [role_content_null]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import Edit, edit


def role_content_null(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with null for the content of its first delta."""
    return edit(actions, [Edit("role", "choices.0.delta.content", None)], "only OpenAI streams open with a role")


FAULT = Fault(
    name="role_content_null",
    group="meaning",
    doc=__doc__,
    source="measured: role_content_null_first",
    apply=role_content_null,
)
