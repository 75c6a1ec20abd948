"""JSON with a comma too many, in one event or the whole body.

Why: gateways that put JSON together as text do this. Every measured SDK raises, most with the error of their JSON
library, which their retries do not catch.

In a scenario:

    faults: [{malformed_json: 3}]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault
from mockserver.faults.meaning.broken import Broken, break_json


def malformed_json(actions: Actions, parameters: Broken, context: Context) -> Actions:
    """Return the answer with a comma before the last brace."""
    return break_json(actions, parameters.at, lambda data: data[:-1] + b",}")


FAULT = Fault(
    name="malformed_json",
    group="meaning",
    doc=__doc__,
    source="measured: malformed_json_mid, ns_malformed_200",
    apply=malformed_json,
    parameters=Broken,
    example=3,
)
