"""Indexes of tool calls missing, null, all zero, or from one (OpenAI).

Why: the index alone says to which call a piece belongs. With all zero the official SDKs join the arguments of parallel
calls, and raise nothing.

In a scenario:

    faults: [{tool_index: zero}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import Object
from mockserver.faults.calls.pieces import each_call
from mockserver.faults.fault import Context, Fault, Parameters


class ToolIndex(Parameters):
    """What becomes of the index."""

    main: ClassVar[str] = "as_"
    as_: Literal["missing", "null", "zero", "from_one"] = Field("zero", alias="as", description="What it becomes.")


def tool_index(actions: Actions, parameters: ToolIndex, context: Context) -> Actions:
    """Return the stream with other indexes for its tool calls."""

    def change(call: Object, first: bool) -> None:
        if parameters.as_ == "missing":
            del call["index"]
        else:
            call["index"] = {"null": None, "zero": 0, "from_one": call["index"] + 1}[parameters.as_]

    return each_call(actions, change)


FAULT = Fault(
    name="tool_index",
    group="calls",
    doc=__doc__,
    source="measured: tool_index_*, parallel_all_index_0",
    apply=tool_index,
    parameters=ToolIndex,
    example="zero",
)
