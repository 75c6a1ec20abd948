"""The first delta of a call has no arguments (OpenAI).

Why: some gateways send null or nothing where others send an empty text. A client that adds it to a text raises.

In a scenario:

    faults: [{first_arguments: 'null'}]
"""

from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import Object
from mockserver.faults.calls.pieces import each_call
from mockserver.faults.fault import Context, Fault, Parameters


class FirstArguments(Parameters):
    """What becomes of the arguments of the first delta."""

    main: ClassVar[str] = "as_"
    as_: Literal["missing", "null"] = Field("missing", alias="as", description="What they become.")


def first_arguments(actions: Actions, parameters: FirstArguments, context: Context) -> Actions:
    """Return the stream without arguments in the first delta of each call."""

    def change(call: Object, first: bool) -> None:
        if first and parameters.as_ == "missing":
            del call["function"]["arguments"]
        elif first:
            call["function"]["arguments"] = None

    return each_call(actions, change)


FAULT = Fault(
    name="first_arguments",
    group="calls",
    doc=__doc__,
    source="measured: tool_args_missing_first, tool_args_null_first",
    apply=first_arguments,
    parameters=FirstArguments,
    example="null",
)
