"""A stream, though one JSON body was asked for.

Why: a gateway that always streams to its upstream may pass the stream on as it is.

In a scenario:

    faults: [stream_for_json]
"""

from mockserver.core.actions import Actions
from mockserver.faults.answers import is_stream, whole_of
from mockserver.faults.editing import SSE, with_body
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing


def stream_for_json(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the whole answer as the shortest stream that says the same."""
    if is_stream(actions):
        raise NoEffectError("the answer is a stream anyway")
    whole = whole_of(actions, context.wire)
    if whole.keys().isdisjoint(("choices", "content", "output")):
        raise NoEffectError("the answer is no message")
    frames = context.wire.reader.stream_of(whole)
    return with_body(actions, frames, {"content-type": SSE, "content-length": None})


FAULT = Fault(
    name="stream_for_json",
    group="http",
    doc=__doc__,
    source="measured: ns_sse_for_nonstream",
    apply=stream_for_json,
)
