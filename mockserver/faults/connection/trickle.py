"""The body comes a few bytes at a time.

Why: a thin or busy connection does this. A client must put events together from pieces that end anywhere.

In a scenario:

    faults: [{trickle: {bytes: 16, every: 10ms}}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.core.unit_fields import Duration
from mockserver.faults.fault import Context, Fault, Parameters, Stage
from mockserver.faults.splitting import cut_up


class Trickle(Parameters):
    """A thin connection."""

    main: ClassVar[str] = "bytes"
    bytes: int = Field(16, ge=1, description="How many bytes come at a time.")
    every: Duration = Field(0.01, description="The time between two pieces.")


def trickle(actions: Actions, parameters: Trickle, context: Context) -> Actions:
    """Return the body in small pieces, with a wait between them."""
    return cut_up(actions, parameters.bytes, parameters.every)


FAULT = Fault(
    name="trickle",
    group="connection",
    doc=__doc__,
    source="measured: one_byte_per_chunk",
    apply=trickle,
    parameters=Trickle,
    example={"bytes": 16, "every": "10ms"},
    stage=Stage.PIECES,
)
