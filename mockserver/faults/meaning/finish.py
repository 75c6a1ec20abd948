"""The stop reason missing, null, of the other dialect, or any word.

Why: the stop reason alone says whether an answer is complete, wants a tool, or was cut. Gateways that translate between
the wires forget to translate it, and most measured SDKs pass any word on.

In a scenario:

    faults: [{finish: other_dialect}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import Object, documents
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.fields import MISSING, Edit, edit
from mockserver.wires import WIRES
from mockserver.wires.wire import Wire

_PLACES = (
    ("message_delta", "delta.stop_reason"),
    ("finish", "choices.0.finish_reason"),
    ("whole", "stop_reason"),
    ("whole", "choices.0.finish_reason"),
    ("whole", "status"),
    ("response.completed", "response.status"),
    ("response.incomplete", "response.status"),
)
"""Where an answer has its stop reason."""


class Finish(Parameters):
    """What becomes of the stop reason."""

    main: ClassVar[str] = "value"
    value: str | None = Field("other_dialect", description="null, missing, other_dialect, or any word.")


def finish(actions: Actions, parameters: Finish, context: Context) -> Actions:
    """Return the answer with another stop reason."""
    value: object = MISSING if parameters.value == "missing" else parameters.value
    if parameters.value == "other_dialect":
        value = _translated(_reason(actions), context.wire)
    return set_stop_reason(actions, value)


def set_stop_reason(actions: Actions, value: object) -> Actions:
    """Return the answer with this stop reason, wherever it has one."""
    edits = [Edit(event, path, value, only=True) for event, path in _PLACES]
    return edit(actions, edits, "the answer has no stop reason")


def _translated(reason: object, wire: Wire) -> str:
    """Return what the other wire calls a stop reason of this one."""
    other = next(other for other in WIRES.values() if other is not wire)
    for neutral, own in wire.stop_reasons.items():
        if own == reason:
            return other.stop_reasons[neutral]
    return "stop"


def _reason(actions: Actions) -> object:
    for _, _, body in documents(actions):
        for holder in (body, body.get("delta"), (body.get("choices") or [None])[0], body.get("response")):
            reason = _reason_in(holder) if isinstance(holder, dict) else None
            if reason not in (None, "in_progress"):
                return reason
    return None


def _reason_in(holder: Object) -> object:
    return holder.get("stop_reason") or holder.get("finish_reason") or holder.get("status")


FAULT = Fault(
    name="finish",
    group="meaning",
    doc=__doc__,
    source="measured: finish_null, finish_wrong_name, finish_unknown, finish_stop_with_tools",
    apply=finish,
    parameters=Finish,
    example="other_dialect",
)
