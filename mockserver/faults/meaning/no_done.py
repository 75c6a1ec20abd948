"""done is missing.

Why: the connection's end marks the end too. The measured clients do not need `[DONE]`; parsers of your own may.

In a scenario:

    faults: [no_done]
"""

from mockserver.core.actions import Actions
from mockserver.faults.fault import Context, Fault, Nothing
from mockserver.faults.meaning.drop import without


def no_done(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream without done."""
    return without(actions, ["done"])


FAULT = Fault(
    name="no_done",
    group="meaning",
    doc=__doc__,
    source="measured: missing_done",
    apply=no_done,
)
