"""A wrong content-type, or none.

Why: proxies relabel streams. The measured SDKs do not look at the label of a stream; clients of your own may.

In a scenario:

    faults: [{content_type: text/plain}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.editing import with_header
from mockserver.faults.fault import Context, Fault, Parameters


class ContentType(Parameters):
    """A label."""

    main: ClassVar[str] = "value"
    value: str | None = Field("text/plain", description="The content-type; null leaves it out.")


def content_type(actions: Actions, parameters: ContentType, context: Context) -> Actions:
    """Return the answer under this content-type."""
    return with_header(actions, "content-type", parameters.value)


FAULT = Fault(
    name="content_type",
    group="http",
    doc=__doc__,
    source="measured: text_plain_stream, no_content_type_stream, ns_ctype_none",
    apply=content_type,
    parameters=ContentType,
    example="text/plain",
)
