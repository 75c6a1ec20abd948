"""finish is missing.

Why: without a finish reason a complete answer looks like one that broke off. Most measured clients raise nothing.

In a scenario:

    faults: [no_finish]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_finish(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without finish."""
    return without(actions, ["finish"])


FAULT = Fault(
    name="no_finish",
    group="meaning",
    doc=__doc__,
    source="measured: finish_null",
    apply=no_finish,
)
