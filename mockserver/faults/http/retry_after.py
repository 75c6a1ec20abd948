"""The retry-after header in any form: seconds, fractions, a date, zero, negative, past, huge, junk, missing.

Why: a client that trusts the header can be made to wait an hour, or to retry at once without end (D1 documents the
header on every 429).

In a scenario:

    faults: [{retry_after: {date: 3s}}]
"""

from email.utils import formatdate
from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.core.unit_fields import Duration
from mockserver.faults.editing import as_written, with_header
from mockserver.faults.fault import Context, Fault, Parameters


class RetryAfter(Parameters):
    """When to come back."""

    main: ClassVar[str] = "value"
    value: str | int | float | None = Field(
        2, description="Seconds as they are written: 2, 1.5, 0, -1, inf, junk; null for no header."
    )
    date: Duration | None = Field(None, description="Instead, an HTTP date this far ahead of the session's clock.")
    past: Duration | None = Field(None, description="Instead, an HTTP date this far in the past.")


def retry_after(actions: Actions, parameters: RetryAfter, context: Context) -> Actions:
    """Return the answer with this retry-after header."""
    if parameters.date is not None or parameters.past is not None:
        moment = context.now + (parameters.date if parameters.date is not None else -(parameters.past or 0.0))
        return with_header(actions, "retry-after", formatdate(max(0.0, moment), usegmt=True))
    return with_header(actions, "retry-after", None if parameters.value is None else as_written(parameters.value))


FAULT = Fault(
    name="retry_after",
    group="http",
    doc=__doc__,
    source="D1; measured: ra_zero, ra_neg, ra_junk, ra_date2, ra_huge3600",
    apply=retry_after,
    parameters=RetryAfter,
    example={"date": "3s"},
)
