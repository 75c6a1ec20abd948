"""message_start is missing.

Why: the id, the model and the input tokens come with it. Raw iteration of the official Anthropic SDKs goes on without
them, and their helpers raise.

In a scenario:

    faults: [no_message_start]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_message_start(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without message_start."""
    return without(actions, ["message_start"])


FAULT = Fault(
    name="no_message_start",
    group="meaning",
    doc=__doc__,
    source="measured: missing_message_start",
    apply=no_message_start,
)
