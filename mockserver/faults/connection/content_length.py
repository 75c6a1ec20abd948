"""A content-length that is not the length of the body.

Why: a proxy that rewrites or compresses a body and keeps its old header sends this. Too long a length looks like a
broken connection; too short a one loses the end, silently in some clients.

In a scenario:

    faults: [{content_length: 10}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.answers import body_of
from mockserver.faults.editing import set_header, with_head
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters, Stage


class Length(Parameters):
    """A wrong content-length."""

    main: ClassVar[str] = "by"
    by: int = Field(-10, description="Bytes more (the body seems cut off) or fewer (it runs over) than the body has.")


def content_length(actions: Actions, parameters: Length, context: Context) -> Actions:
    """Return the answer with a wrong content-length. It goes past the server, which would refuse to send it."""
    if parameters.by == 0:
        raise NoEffectError("by 0 is the right length")
    size = max(0, len(body_of(actions)) + parameters.by)

    def wrong(head: Head) -> Head:
        labelled = set_header(set_header(head, "content-length", str(size)), "connection", "close")
        return Head(labelled.status, labelled.headers, bare=True)

    return with_head(actions, wrong)


FAULT = Fault(
    name="content_length",
    group="connection",
    doc=__doc__,
    source="measured: close_mid_content_length_short, ns_truncated_cl",
    apply=content_length,
    parameters=Length,
    example=10,
    stage=Stage.LENGTH,
)
