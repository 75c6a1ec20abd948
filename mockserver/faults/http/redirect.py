"""A redirect.

Why: gateways move, and load balancers redirect to HTTPS. A client that follows it makes a second request, which the
next turn answers: after 307 with the same body, after 301, 302 and 303 as a GET, which no route of a model takes.

In a scenario:

    faults: [{redirect: 307}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions, Head
from mockserver.faults.editing import set_header, with_body, with_head
from mockserver.faults.fault import Context, Fault, Parameters


class Redirect(Parameters):
    """A status, and where it leads."""

    main: ClassVar[str] = "status"
    status: Literal[301, 302, 303, 307, 308] = Field(307, description="307 and 308 keep the method; others make a GET.")
    location: str | None = Field(None, description="A path or URL; without it the usual route of the same wire.")


def redirect(actions: Actions, parameters: Redirect, context: Context) -> Actions:
    """Return a redirect without a body."""
    empty = with_body(actions, [], {"content-length": "0", "content-type": None, "cache-control": None})
    location = parameters.location or context.wire.route
    return with_head(empty, lambda head: Head(parameters.status, set_header(head, "location", location).headers))


FAULT = Fault(
    name="redirect",
    group="http",
    doc=__doc__,
    source="measured: redirect_302, redirect_307",
    apply=redirect,
    parameters=Redirect,
    example=307,
)
