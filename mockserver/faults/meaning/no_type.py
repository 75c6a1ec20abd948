"""Events without their `type` (Anthropic).

Why: the kind of an event is in its JSON and in its `event:` line, and clients differ in which one they read. Most
measured Anthropic clients raise without it, or lose everything silently.

In a scenario:

    faults: [no_type]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import MISSING, Edit, edit


def no_type(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with events that do not say their type. Pings keep theirs."""
    edits = [Edit(kind, "type", MISSING) for kind in context.wire.events if kind != "ping"]
    return edit(actions, edits, "only Anthropic events have a type")


FAULT = Fault(
    name="no_type",
    group="meaning",
    doc=__doc__,
    source="measured: type_field_missing_in_data",
    apply=no_type,
)
