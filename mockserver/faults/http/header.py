"""A header set or left out.

Why: any header can be missing or wrong. Without the request id, for instance, a client's error report has none.

In a scenario:

    faults: [{header: {name: x-request-id, value: null}}]
"""

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.editing import with_header
from mockserver.faults.fault import Context, Fault, Parameters


class Header(Parameters):
    """A header."""

    name: str = Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", description="Its name.")
    value: str | None = Field(None, pattern=r"^[\t\x20-\x7e\x80-\xff]*$", description="Its value; null leaves it out.")


def header(actions: Actions, parameters: Header, context: Context) -> Actions:
    """Return the answer with the header set or left out."""
    return with_header(actions, parameters.name.lower(), parameters.value)


FAULT = Fault(
    name="header",
    group="http",
    doc=__doc__,
    source="any",
    apply=header,
    parameters=Header,
    example={"name": "x-request-id", "value": None},
)
