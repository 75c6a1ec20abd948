"""Only message_start, content_block_delta, message_delta and message_stop, as D1 lists them.

Why: D1 lists four kinds of events, and the official SDKs need three more. Every measured Anthropic client raises on the
list as it is printed.

In a scenario:

    faults: [short_sequence]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def short_sequence(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without the kinds of events that D1 does not list."""
    return without(actions, ["content_block_start", "content_block_stop", "ping"])


FAULT = Fault(
    name="short_sequence",
    group="meaning",
    doc=__doc__,
    source="D1",
    apply=short_sequence,
)
