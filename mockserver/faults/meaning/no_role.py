"""role is missing.

Why: some gateways never send the first chunk with the role. The measured helper of the Node SDK raises.

In a scenario:

    faults: [no_role]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_role(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without role."""
    return without(actions, ["role"])


FAULT = Fault(
    name="no_role",
    group="meaning",
    doc=__doc__,
    source="measured: drop.chunk~choices~0~delta~role",
    apply=no_role,
)
