"""Everything in one write, whatever the pace says.

Why: a proxy that buffers does this, and so does a short answer. A client that takes one event from each write loses the
others.

In a scenario:

    faults: [one_write]
"""

from mockserver.core.actions import Actions, Wait
from mockserver.faults.editing import changed
from mockserver.faults.fault import Context, Fault, Nothing


def one_write(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer without its waits."""
    kept = [action for action in actions if not isinstance(action, Wait)]
    return changed(actions, kept, "the answer comes in one write anyway")


FAULT = Fault(
    name="one_write",
    group="framing",
    doc=__doc__,
    source="measured: all_in_one_tcp",
    apply=one_write,
)
