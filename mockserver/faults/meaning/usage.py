"""Usage that is missing, null, zero, late, or where it is not expected.

Why: gateways report usage at different places, or not at all. Programs that add up tokens break, and the helpers of the
measured Anthropic SDKs raise.

In a scenario:

    faults: [{usage: 'null'}]
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import document, first_document, is_stream
from mockserver.faults.editing import keep_events
from mockserver.faults.fault import Context, Fault, NoEffectError, Parameters
from mockserver.faults.fields import DELTA_CHUNKS, MISSING, Edit, edit
from mockserver.wires import WIRES

_PLACES = (
    *(("message_start", "message.usage"), ("message_delta", "usage"), ("usage", "usage"), ("whole", "usage")),
    *(("response.completed", "response.usage"), ("response.incomplete", "response.usage")),
)
"""Where an answer has its usage."""

_COUNTS = (*[name for wire in WIRES.values() for name in wire.usage_names], "total_tokens")

_NONE = "the answer has no usage (an OpenAI stream has it when include_usage is set)"


class UsageChange(Parameters):
    """What becomes of the usage."""

    main: ClassVar[str] = "how"
    how: Literal["missing", "null", "empty", "zero", "late", "each_chunk", "in_finish"] = Field(
        "missing",
        description="missing, null, empty ({}), zero; late (Anthropic: input tokens only at the end); each_chunk "
        "(OpenAI: null on all others); in_finish (OpenAI: on the chunk with the finish reason).",
    )


def usage(actions: Actions, parameters: UsageChange, context: Context) -> Actions:
    """Return the answer with other usage."""
    values: Mapping[str, object] = {"missing": MISSING, "null": None, "empty": {}}
    if parameters.how in values:
        value = values[parameters.how]
        return edit(actions, [Edit(event, path, value, only=True) for event, path in _PLACES], _NONE)
    if parameters.how == "zero":
        paths = [f"{prefix}{name}" for prefix in ("usage.", "message.usage.", "response.usage.") for name in _COUNTS]
        return edit(actions, [Edit("", path, 0, only=True) for path in paths], _NONE)
    if parameters.how == "late":
        late = Edit("message_start", "message.usage.input_tokens", 0)
        return edit(actions, [late], "only Anthropic streams have it twice")
    if "choices" not in first_document(actions) or not is_stream(actions):
        raise NoEffectError("only OpenAI streams have usage of their own")
    if parameters.how == "each_chunk":
        return edit(actions, [Edit(kind, "usage", None) for kind in (*DELTA_CHUNKS, "finish")], _NONE)
    return _in_finish(actions)


def _in_finish(actions: Actions) -> Actions:
    """Return the stream with its usage moved to the chunk with the finish reason."""
    own = next((document(action) for action in actions if isinstance(action, Data) and action.event == "usage"), None)
    if own is None:
        raise NoEffectError(_NONE)
    kept = keep_events(actions, lambda kind: kind != "usage", _NONE)
    return edit(kept, [Edit("finish", "usage", own["usage"])], "the answer has no finish reason")


FAULT = Fault(
    name="usage",
    group="meaning",
    doc=__doc__,
    source="measured: usage_missing, usage_null, usage_empty_obj, usage_in_last_choice_chunk",
    apply=usage,
    parameters=UsageChange,
    example="null",
)
