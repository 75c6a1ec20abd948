"""Each event's JSON on several `data:` lines.

Why: the standard allows it (WHATWG): the client joins the lines. A parser that reads one line gets broken JSON.

In a scenario:

    faults: [multi_line_data]
"""

from mockserver.core.actions import Actions
from mockserver.faults.editing import each_event, with_data
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.wires.sse import split


def multi_line_data(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with each event's JSON on three data lines."""
    return each_event(
        actions, lambda event: [with_data(event, _on_lines(split(event.payload)[1]))], "no event has JSON"
    )


def _on_lines(data: bytes) -> bytes:
    if not (data.startswith(b"{") and data.endswith(b"}") and len(data) > 2):
        return data
    return b"{\ndata: " + data[1:-1] + b"\ndata: }"


FAULT = Fault(
    name="multi_line_data",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: multiline_data",
    apply=multi_line_data,
)
