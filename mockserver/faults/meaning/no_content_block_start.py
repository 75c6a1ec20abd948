"""content_block_start is missing.

Why: it says whether a block is text or a call. Every measured Anthropic client raises.

In a scenario:

    faults: [no_content_block_start]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_content_block_start(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without content_block_start."""
    return without(actions, ["content_block_start"])


FAULT = Fault(
    name="no_content_block_start",
    group="meaning",
    doc=__doc__,
    source="measured: missing_content_block_start",
    apply=no_content_block_start,
)
