"""Ids (and names) of tool calls missing, repeated, or null later (OpenAI).

Why: gateways differ in whether they repeat the id on every piece. The helper of the official Python SDK joins repeated
ids to one long id; without an id the result of a call cannot be sent back.

In a scenario:

    faults: [{tool_id: repeated}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import Object
from mockserver.faults.calls.pieces import each_call
from mockserver.faults.fault import Context, Fault, Parameters


class ToolId(Parameters):
    """What becomes of the id (and name)."""

    main: ClassVar[str] = "as_"
    as_: Literal["missing", "repeated", "with_name", "null_later", "empty_later"] = Field(
        "repeated", alias="as", description="missing; repeated on each delta, or with_name; null_later, empty_later."
    )


def tool_id(actions: Actions, parameters: ToolId, context: Context) -> Actions:
    """Return the stream with other ids for its tool calls."""
    known: dict[int, Object] = {}

    def change(call: Object, first: bool) -> None:
        if first:
            known[call["index"]] = {"id": call["id"], "name": call["function"]["name"]}
            if parameters.as_ == "missing":
                del call["id"]
        elif parameters.as_ in ("repeated", "with_name"):
            call["id"] = known[call["index"]]["id"]
            if parameters.as_ == "with_name":
                call["function"]["name"] = known[call["index"]]["name"]
        elif parameters.as_ in ("null_later", "empty_later"):
            nothing = None if parameters.as_ == "null_later" else ""
            call["id"] = nothing
            call["function"]["name"] = nothing

    return each_call(actions, change)


FAULT = Fault(
    name="tool_id",
    group="calls",
    doc=__doc__,
    source="measured: tool_id_*",
    apply=tool_id,
    parameters=ToolId,
    example="repeated",
)
