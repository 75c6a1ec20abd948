"""Events of all other kinds are missing.

Why: a stream of nothing but its end is what a gateway sends that failed after it had promised a stream. Most measured
SDKs show an empty answer.

In a scenario:

    faults: [{only: done}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import keep_events
from mockserver.faults.fault import Context, Fault
from mockserver.faults.meaning.kinds import Kinds


def only(actions: Actions, parameters: Kinds, context: Context) -> Actions:
    """Return the stream with events of these kinds alone."""
    return keep_events(actions, lambda kind: kind in parameters.events, "the answer has no other events")


FAULT = Fault(
    name="only",
    group="meaning",
    doc=__doc__,
    source="measured: only_done",
    apply=only,
    parameters=Kinds,
    example="done",
)
