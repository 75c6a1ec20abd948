"""The stop reason missing, null, of the other dialect, or any word.

Why: the stop reason alone says whether an answer is complete, wants a tool, or was cut. Gateways that translate between
the wires forget to translate it, and most measured SDKs pass any word on.

In a scenario:

    faults: [{finish: other_dialect}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import Object, document, documents
from mockserver.faults.editing import each_document
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.fields import MISSING, Edit, edit
from mockserver.wires import WIRES
from mockserver.wires.sse import frame, split
from mockserver.wires.wire import Wire

_PLACES = (
    ("message_delta", "delta.stop_reason"),
    ("finish", "choices.0.finish_reason"),
    ("whole", "stop_reason"),
    ("whole", "choices.0.finish_reason"),
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
    if any(_response_in(body) is not None for _, _, body in documents(actions)):
        ended = each_document(actions, lambda event, body: _end_response(body, value), "the answer has no stop reason")
        return tuple(map(_named_by_type, ended))
    edits = [Edit(event, path, value, only=True) for event, path in _PLACES]
    return edit(actions, edits, "the answer has no stop reason")


def _response_in(body: Object) -> Object | None:
    """Return the response that has ended in a body or an event of the Responses wire, or None."""
    holder = body.get("response", body)
    is_response = isinstance(holder, dict) and holder.get("object") == "response"
    return holder if is_response and holder.get("status") != "in_progress" else None


def _end_response(body: Object, value: object) -> bool:
    """Give a response another status; one that is no status is the reason why it is incomplete."""
    response = _response_in(body)
    if response is None:
        return False
    if value is MISSING:
        response.pop("status", None)
    elif value in (None, "completed", "failed"):
        response["status"] = value
    else:
        response |= {"status": "incomplete", "incomplete_details": {"reason": value}}
        if response is not body:
            body["type"] = "response.incomplete"
    return True


def _named_by_type(action: Action) -> Action:
    """Return an event that became another under the name of its new type."""
    body = document(action) if isinstance(action, Data) and action.event == "response.completed" else None
    if body is None or not isinstance(action, Data) or body["type"] == action.event:
        return action
    return Data(frame(split(action.payload)[1], body["type"]), body["type"])


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
