"""The connection is reset (RST).

Why: a process that is killed, a load balancer that gives up, or a network that changes resets connections. The client
may lose bytes that were on their way.

In a scenario:

    faults: [{reset: {at: 5}}]
"""

from mockserver.core.actions import Actions, Reset
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import Break, break_at


def reset(actions: Actions, parameters: Break, context: Context) -> Actions:
    """Return what comes before the place, and then an RST."""
    return (*break_at(actions, parameters)[0], Reset())


FAULT = Fault(
    name="reset",
    group="connection",
    doc=__doc__,
    source="measured: rst_mid",
    apply=reset,
    parameters=Break,
    example={"at": 5},
)
