"""The connection is closed (FIN) without a terminator. `at: end` loses only the last chunk.

Why: a gateway that crashes or is redeployed closes the connections that it has. Every measured SDK raises here, but
with different exceptions, and most of them only while the stream is read.

In a scenario:

    faults: [{close: {at: 5}}]
"""

from mockserver.core.actions import Actions, Close
from mockserver.faults.fault import Context, Fault
from mockserver.faults.places import Break, break_at


def close(actions: Actions, parameters: Break, context: Context) -> Actions:
    """Return what comes before the place, and then a FIN."""
    return (*break_at(actions, parameters)[0], Close())


FAULT = Fault(
    name="close",
    group="connection",
    doc=__doc__,
    source="measured: close_mid_no_terminator",
    apply=close,
    parameters=Break,
    example={"at": 5},
)
