"""`id:` and `retry:` lines.

Why: the standard has them (WHATWG), and a browser's EventSource would connect again with the last id. Clients of models
should pass over them.

In a scenario:

    faults: [ids]
"""

from itertools import count

from mockserver.core.actions import Actions, Data
from mockserver.faults.editing import each_event
from mockserver.faults.fault import Context, Fault, Nothing, Stage


def ids(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with an id line on every event, and a retry line on the first."""
    numbers = count(1)

    def numbered(event: Data) -> list[Data]:
        number = next(numbers)
        retry = b"retry: 3000\n" if number == 1 else b""
        return [Data(b"id: %d\n%b%b" % (number, retry, event.payload), event.event)]

    return each_event(actions, numbered, "the answer has no events")


FAULT = Fault(
    name="ids",
    group="framing",
    doc=__doc__,
    source="WHATWG; measured: id_and_retry_fields",
    apply=ids,
    stage=Stage.FORM,
)
