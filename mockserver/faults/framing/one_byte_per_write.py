"""Every byte in a write of its own.

Why: it is the hardest test of a parser: no write holds a whole event, a whole line or a whole character.

In a scenario:

    faults: [one_byte_per_write]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing, Stage
from mockserver.faults.splitting import cut_up


def one_byte_per_write(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the answer with every byte in a write of its own."""
    return cut_up(actions, 1, 0.0)


FAULT = Fault(
    name="one_byte_per_write",
    group="framing",
    doc=__doc__,
    source="measured: one_byte_per_chunk",
    apply=one_byte_per_write,
    stage=Stage.BYTES,
)
