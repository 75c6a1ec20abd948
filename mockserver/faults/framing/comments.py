"""Comments before each event, as keep-alives.

Why: proxies add them so that idle connections stay open (WHATWG allows them). Clients must pass over any number.

In a scenario:

    faults: [{comments: 1}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.editing import each_event
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters

MOST_FRAMES = 100_000
"""A flood of more frames than this would only fill the memory of the mock."""

COMMENT = Data(b": keep-alive\n\n", "comment")


class Comments(Parameters):
    """How many comments."""

    main: ClassVar[str] = "count"
    count: int = Field(1, ge=1, le=1000, description="How many before each event; 1000 is a flood.")


def comments(actions: Actions, parameters: Comments, context: Context) -> Actions:
    """Return the stream with comments before each event."""
    if parameters.count * len(actions) > MOST_FRAMES:
        raise NoEffectError(f"the answer would have more than {MOST_FRAMES} frames")
    return each_event(actions, lambda event: [*[COMMENT] * parameters.count, event], "the answer has no events")


FAULT = Fault(
    name="comments",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: comment_keepalives",
    apply=comments,
    parameters=Comments,
    example=1,
)
