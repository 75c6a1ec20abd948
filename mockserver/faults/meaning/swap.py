"""An event and the next one in the wrong order.

Why: a client keeps what it knows between events: a block starts before its deltas, a role comes before its text.
A gateway that handles events in parallel can send them in another order.

In a scenario:

    faults: [{swap: 2}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.answers import is_event, need_stream
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import EventPlace, event_at


def swap(actions: Actions, parameters: EventPlace, context: Context) -> Actions:
    """Return the stream with an event and the next one exchanged."""
    need_stream(actions)
    index, event = event_at(actions, parameters.at)
    later = next((number for number in range(index + 1, len(actions)) if is_event(actions[number])), None)
    if later is None:
        raise NoEffectError("no event comes after that one")
    after = list(actions)
    after[index], after[later] = actions[later], event
    return tuple(after)


FAULT = Fault(
    name="swap",
    group="meaning",
    doc=__doc__,
    source="protocol order",
    apply=swap,
    parameters=EventPlace,
    example=2,
)
