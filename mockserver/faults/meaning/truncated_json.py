"""JSON that stops half-way, in one event or the whole body. The frame around it is whole.

Why: a gateway with a limit on the length of a line cuts long events like this.

In a scenario:

    faults: [{truncated_json: 3}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault
from mockserver.faults.meaning.broken import Broken, break_json


def truncated_json(actions: Actions, parameters: Broken, context: Context) -> Actions:
    """Return the answer with the first half of the JSON."""
    return break_json(actions, parameters.at, lambda data: data[: len(data) // 2])


FAULT = Fault(
    name="truncated_json",
    group="meaning",
    doc=__doc__,
    source="measured: truncated_json_then_clean_end, truncated_json_then_close",
    apply=truncated_json,
    parameters=Broken,
    example=3,
)
