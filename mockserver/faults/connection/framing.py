"""The end of the body is marked in another way: by chunks, a length, or the end of the connection.

Why: proxies and old servers differ in this, and every way is valid HTTP. With the end of the connection as the only
mark, a client cannot tell a broken answer from a complete one.

In a scenario:

    faults: [{framing: close}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.answers import body_of
from mockserver.faults.editing import set_header, with_head
from mockserver.faults.fault import Context, Fault, Parameters


class Framing(Parameters):
    """How the end of the body is marked."""

    main: ClassVar[str] = "by"
    by: Literal["chunks", "length", "close", "http10"] = Field(
        "close", description="chunks; length (content-length); close (the end of the connection); http10 (HTTP/1.0)."
    )


def framing(actions: Actions, parameters: Framing, context: Context) -> Actions:
    """Return the same body, delimited in another way. Waits and breaks stay where they are."""
    size = str(len(body_of(actions)))
    if parameters.by == "chunks":
        return with_head(actions, lambda head: set_header(head, "content-length", None))
    if parameters.by == "length":
        return with_head(actions, lambda head: set_header(head, "content-length", size))
    version = "1.0" if parameters.by == "http10" else "1.1"

    def bare(head: Head) -> Head:
        unframed = set_header(set_header(head, "content-length", None), "connection", "close")
        return Head(unframed.status, unframed.headers, bare=True, version=version)

    return with_head(actions, bare)


FAULT = Fault(
    name="framing",
    group="connection",
    doc=__doc__,
    source="measured: connection_close_framing_complete, content_length_framing, http10",
    apply=framing,
    parameters=Framing,
    example="close",
)
