"""message_delta is missing.

Why: the stop reason and the output tokens come with it. Every measured Anthropic client goes on silently without
them.

In a scenario:

    faults: [no_message_delta]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_message_delta(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without message_delta."""
    return without(actions, ["message_delta"])


FAULT = Fault(
    name="no_message_delta",
    group="meaning",
    doc=__doc__,
    source="measured: missing_message_delta",
    apply=no_message_delta,
)
