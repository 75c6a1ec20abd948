"""Tool calls without their type (OpenAI).

Why: "function" was long the only type, so some gateways leave it out. The measured helper of the Node SDK raises.

In a scenario:

    faults: [tool_type_missing]
"""

from mockserver.core.actions import Actions
from mockserver.faults.calls.pieces import each_call
from mockserver.faults.fault import Context, Fault, Nothing


def tool_type_missing(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with tool calls that do not say their type."""
    return each_call(actions, lambda call, first: call.pop("type", None))


FAULT = Fault(
    name="tool_type_missing",
    group="calls",
    doc=__doc__,
    source="measured: tool_type_missing",
    apply=tool_type_missing,
)
