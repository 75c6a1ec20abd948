"""ping is missing.

Why: pings are optional, so no client may need one.

In a scenario:

    faults: [no_ping]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_ping(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without ping."""
    return without(actions, ["ping"])


FAULT = Fault(
    name="no_ping",
    group="meaning",
    doc=__doc__,
    source="measured: ping is optional",
    apply=no_ping,
)
