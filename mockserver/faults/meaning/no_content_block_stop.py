"""content_block_stop is missing.

Why: clients that run a tool when its block is complete never run it. Of the measured clients Vercel's loses the
calls silently.

In a scenario:

    faults: [no_content_block_stop]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_content_block_stop(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without content_block_stop."""
    return without(actions, ["content_block_stop"])


FAULT = Fault(
    name="no_content_block_stop",
    group="meaning",
    doc=__doc__,
    source="measured: missing_content_block_stop",
    apply=no_content_block_stop,
)
