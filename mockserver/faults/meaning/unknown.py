"""An event, block or delta of a kind that no client knows.

Why: APIs grow, and promise nothing about new kinds but that clients should pass over them. Some measured clients raise
instead.

In a scenario:

    faults: [{unknown: {what: block}}]
"""

from typing import Literal

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import kinds_of, need_stream
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import EventPlace


class Unknown(EventPlace):
    """What is unknown, and where."""

    what: Literal["event", "block", "delta"] = Field("event", description="An event, a kind of block, or of delta.")


def unknown(actions: Actions, parameters: Unknown, context: Context) -> Actions:
    """Return the stream with something in it that no client knows."""
    need_stream(actions)
    addition = context.wire.odd.unknown(parameters.what, kinds_of(actions))
    if addition is None:
        raise NoEffectError(f"the {context.wire.title} wire has no kinds of {parameters.what}")
    return insert(actions, addition.before or parameters.at, *addition.frames)


FAULT = Fault(
    name="unknown",
    group="meaning",
    doc=__doc__,
    source="measured: unknown_event_type, unknown_content_block, unknown_delta_type",
    apply=unknown,
    parameters=Unknown,
    example={"what": "block"},
)
