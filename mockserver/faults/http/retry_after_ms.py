"""The retry-after-ms header, which official SDKs prefer to retry-after.

Why: the two headers can contradict each other, and this one can be junk.

In a scenario:

    faults: [{retry_after_ms: 200}]
"""

from typing import ClassVar

from pydantic import Field, JsonValue

from mockserver.core.actions import Actions
from mockserver.faults.editing import as_written, with_header
from mockserver.faults.fault import Context, Fault, Parameters


class Milliseconds(Parameters):
    """The value of the header."""

    main: ClassVar[str] = "value"
    value: JsonValue = Field(description="The header's value, as it is written.")


def retry_after_ms(actions: Actions, parameters: Milliseconds, context: Context) -> Actions:
    """Return the answer with this retry-after-ms header."""
    return with_header(actions, "retry-after-ms", as_written(parameters.value))


FAULT = Fault(
    name="retry_after_ms",
    group="http",
    doc=__doc__,
    source="measured: ra_ms200, ra_ms_junk_s1",
    apply=retry_after_ms,
    parameters=Milliseconds,
    example=200,
)
