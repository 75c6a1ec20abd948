"""The x-should-retry header, which official SDKs obey.

Why: with `true` they retry what they would not (a 400), with `false` they give up what they would retry (a 429).

In a scenario:

    faults: [{should_retry: false}]
"""

from typing import ClassVar

from pydantic import Field, JsonValue

from mockserver.core.actions import Actions
from mockserver.faults.editing import as_written, with_header
from mockserver.faults.fault import Context, Fault, Parameters


class ShouldRetry(Parameters):
    """The value of the header."""

    main: ClassVar[str] = "value"
    value: JsonValue = Field(description="The header's value, as it is written.")


def should_retry(actions: Actions, parameters: ShouldRetry, context: Context) -> Actions:
    """Return the answer with this x-should-retry header."""
    return with_header(actions, "x-should-retry", as_written(parameters.value))


FAULT = Fault(
    name="should_retry",
    group="http",
    doc=__doc__,
    source="measured: xsr_true_400, xsr_false_429",
    apply=should_retry,
    parameters=ShouldRetry,
    example=False,
)
