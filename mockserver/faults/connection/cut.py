"""The answer ends properly, but too early: most clients take it for the whole.

Why: a gateway whose upstream broke off often ends its own answer properly. The measured SDKs raise nothing in most
modes, so only a missing stop reason shows that something is lost.

In a scenario:

    faults: [{cut: {at: 5}}]
"""

from mockserver.core.actions import Actions, End, Head
from mockserver.faults.editing import with_length
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import Break, break_at


def cut(actions: Actions, parameters: Break, context: Context) -> Actions:
    """Return what comes before the place, and then a proper end."""
    before, after = break_at(actions, parameters)
    if isinstance(after[0], End):
        raise NoEffectError("the answer ends there anyway")
    if isinstance(after[0], Head):
        raise NoEffectError("a proper end needs headers; use close for none")
    return (*with_length(before), End())


FAULT = Fault(
    name="cut",
    group="connection",
    doc=__doc__,
    source="measured: close_mid_with_terminator",
    apply=cut,
    parameters=Break,
    example={"at": 5},
)
