"""The finish reason on every chunk (OpenAI).

Why: some gateways send it. A client that stops at the first finish reason loses the rest.

In a scenario:

    faults: [finish_repeated]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.fields import DELTA_CHUNKS, Edit, edit


def finish_repeated(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with the finish reason on every chunk."""
    edits = [Edit(kind, "choices.0.finish_reason", "stop") for kind in DELTA_CHUNKS]
    return edit(actions, edits, "only OpenAI streams have it on every chunk")


FAULT = Fault(
    name="finish_repeated",
    group="meaning",
    doc=__doc__,
    source="measured: finish_reason_repeated_each_chunk",
    apply=finish_repeated,
)
