"""An error after the 200: in the middle of the stream, or first.

Why: an overload or a rate limit in mid-stream can only be told like this (D1). The status is then 200 or none, so what
a client retries by status it does not retry.

In a scenario:

    faults: [{error_event: {at: 4, status: 529}}]
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import orjson
from pydantic import Field

from mockserver.core.actions import Action, Actions, Close, Data, End
from mockserver.faults.answers import need_stream
from mockserver.faults.editing import with_length
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import At, Place, find
from mockserver.wires import WIRES
from mockserver.wires.errors import failure
from mockserver.wires.sse import DONE, frame
from mockserver.wires.wire import ERROR_EVENT, Wire


class ErrorEvent(At):
    """An error in a stream."""

    at: Place = Field(3, description="Before event n, a kind of event (the first), or end; 1 makes it the first event.")
    status: int = Field(529, ge=400, le=599, description="The error that it reports, by its status.")
    type: str | None = Field(None, description="The dialect's error type, instead of the status's.")
    message: str | None = Field(None, description="The sentence for people.")
    shape: Literal["own", "other", "string"] = Field(
        "own", description="The wire's own, the other dialect's, or a string."
    )
    event_line: bool | None = Field(
        None, description="Whether `event: error` is there; as usual on the wire without it."
    )
    then: Literal["end", "done", "close", "go_on"] = Field(
        "end", description="What follows: a proper end, [DONE] and a proper end, FIN, or the rest of the stream."
    )


def error_event(actions: Actions, parameters: ErrorEvent, context: Context) -> Actions:
    """Return the stream with an error at the place, and what follows it."""
    need_stream(actions)
    index = find(actions, parameters.at)
    if parameters.at == "headers":
        raise NoEffectError("an error before the headers is no event; use error")
    follows: Mapping[str, Iterable[Action]] = {
        "end": (End(),),
        "done": (DONE, End()),
        "close": (Close(),),
        "go_on": actions[index:],
    }
    return with_length((*actions[:index], _frame(parameters, context.wire), *follows[parameters.then]))


def _frame(parameters: ErrorEvent, wire: Wire) -> Data:
    """Return the error as an event of this wire, in the chosen shape."""
    error = failure(parameters.status, message=parameters.message, type=parameters.type)
    if parameters.shape == "string":
        body: dict[str, object] = {**wire.errors.marker, "error": error.message}
    else:
        dialect = wire if parameters.shape == "own" else next(other for other in WIRES.values() if other is not wire)
        body = dialect.errors.stream_body(error)
    has_line = parameters.event_line if parameters.event_line is not None else bool(wire.errors.event_name)
    return Data(frame(orjson.dumps(body), ERROR_EVENT if has_line else ""), ERROR_EVENT)


FAULT = Fault(
    name="error_event",
    group="meaning",
    doc=__doc__,
    source="D1; measured: error_event_mid, error_event_first, error_rate_limit_mid, error_then_more_events",
    apply=error_event,
    parameters=ErrorEvent,
    example={"at": 4, "status": 529},
)
