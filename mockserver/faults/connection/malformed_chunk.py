"""Something that is no HTTP chunk, and then the connection is closed.

Why: a proxy that writes an error page into a chunked answer does this (RFC 9112, section 7.1). It is an error of HTTP,
not of the stream, so SDKs raise what their HTTP library raises.

In a scenario:

    faults: [{malformed_chunk: {at: 5}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions, Close, Head, Raw
from mockserver.faults.editing import set_header, with_head
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.places import Break, Place, break_at


class Garbage(Break):
    """A place, and what comes there."""

    at: Place = Field("end", description="Before event n, a kind of event (the first), or end.")
    text: str = Field("ZZ\r\n", description="What comes past the HTTP framing.")


def malformed_chunk(actions: Actions, parameters: Garbage, context: Context) -> Actions:
    """Return what comes before the place, the garbage, and then a FIN. A whole answer is sent chunked for it."""
    before, after = break_at(actions, parameters)
    if isinstance(after[0], Head):
        raise NoEffectError("there are no chunks before the headers")
    chunked = with_head(before, lambda head: set_header(head, "content-length", None))
    return (*chunked, Raw(parameters.text.encode()), Close())


FAULT = Fault(
    name="malformed_chunk",
    group="connection",
    doc=__doc__,
    source="RFC 9112 section 7.1",
    apply=malformed_chunk,
    parameters=Garbage,
    example={"at": 5},
)
