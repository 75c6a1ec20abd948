"""Another status on the same answer.

Why: some gateways answer 201, and a proxy may answer 204 with nothing behind it. The measured SDKs take any status
below 300 for success.

In a scenario:

    faults: [{status: 201}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.answers import head_of
from mockserver.faults.editing import with_body, with_head
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters


class Status(Parameters):
    """A status."""

    main: ClassVar[str] = "status"
    status: int = Field(201, ge=200, le=599, description="The HTTP status; 204 and 304 have no body.")


def status(actions: Actions, parameters: Status, context: Context) -> Actions:
    """Return the same answer under another status."""
    if head_of(actions).status == parameters.status:
        raise NoEffectError(f"the answer has the status {parameters.status} anyway")
    if parameters.status in (204, 304):
        actions = with_body(actions, [], {"content-length": None, "content-type": None})
    return with_head(actions, lambda head: Head(parameters.status, head.headers, head.bare, head.version))


FAULT = Fault(
    name="status",
    group="http",
    doc=__doc__,
    source="measured: status_201_stream, status_204",
    apply=status,
    parameters=Status,
    example=201,
)
