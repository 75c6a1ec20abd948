"""One more delta after the end.

Why: a gateway that joins streams may do this. A client that reads on until the connection ends shows text that does not
belong to the answer.

In a scenario:

    faults: [{data_after_end: EXTRA}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import first_document, need_stream
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault, Parameters


class Extra(Parameters):
    """What comes after the end."""

    main: ClassVar[str] = "text"
    text: str = Field("EXTRA", description="The text of one more delta.")


def data_after_end(actions: Actions, parameters: Extra, context: Context) -> Actions:
    """Return the stream with one more delta after its last event."""
    need_stream(actions)
    return insert(actions, "end", context.wire.odd.text_delta(first_document(actions), parameters.text))


FAULT = Fault(
    name="data_after_end",
    group="framing",
    doc=__doc__,
    source="measured: data_after_done, data_after_message_stop",
    apply=data_after_end,
    parameters=Extra,
    example="EXTRA",
)
