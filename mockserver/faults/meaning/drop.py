"""Events of these kinds are missing.

Why: gateways that translate between the wires leave out what they do not know. Which kinds a client needs differs: see
`no_message_start` and the others.

In a scenario:

    faults: [{drop: content_block_stop}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import keep_events
from mockserver.faults.fault import Context, Fault
from mockserver.faults.meaning.kinds import Kinds


def drop(actions: Actions, parameters: Kinds, context: Context) -> Actions:
    """Return the stream without events of these kinds."""
    return without(actions, parameters.events)


def without(actions: Actions, kinds: list[str]) -> Actions:
    """Return the stream without events of these kinds. Raises `NoEffectError` if it has none."""
    return keep_events(actions, lambda kind: kind not in kinds, f"the answer has no {' or '.join(kinds)} to leave out")


FAULT = Fault(
    name="drop",
    group="meaning",
    doc=__doc__,
    source="measured: missing_*",
    apply=drop,
    parameters=Kinds,
    example="content_block_stop",
)
