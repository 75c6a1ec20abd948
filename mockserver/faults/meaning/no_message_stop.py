"""message_stop is missing.

Why: it marks the end. Of the measured clients one raises, and one loses something silently.

In a scenario:

    faults: [no_message_stop]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_message_stop(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without message_stop."""
    return without(actions, ["message_stop"])


FAULT = Fault(
    name="no_message_stop",
    group="meaning",
    doc=__doc__,
    source="measured: missing_message_stop",
    apply=no_message_stop,
)
