"""Fields: any field of any event (or of a whole body) missing, null or something else, and those that matter.

A path has dots and numbers, as in `choices.0.delta.content`; `*` is every element of a list.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple

from pydantic import Field, JsonValue, field_validator

from mockserver.core.actions import Action, Actions, Data
from mockserver.core.errors import did_you_mean
from mockserver.faults.fault import (
    KINDS,
    Context,
    Fault,
    NoEffectError,
    Nothing,
    Parameters,
    document,
    is_stream,
    wire_of,
    with_document,
    with_length,
)


class _Missing:
    """The value of a field that is not there."""


MISSING: Final = _Missing()


class Edit(NamedTuple):
    """A change of one field: in which events (none: in all, and in whole bodies), where, to what.

    `only`: only where the field is already. `wire`: only on that one.
    """

    event: str
    path: str
    value: object
    only: bool = False
    wire: str = ""


def edit(actions: Actions, edits: tuple[Edit, ...], otherwise: str) -> Actions:
    """The answer with these fields changed, wherever they are."""
    wire = wire_of(actions)
    mine = [one for one in edits if one.wire in ("", wire)]
    found: list[Action] = []
    hits = 0
    for action in actions:
        body = document(action)
        if body is None or not isinstance(action, Data):
            found.append(action)
            continue
        count = sum(
            [
                put(body, one.path.split("."), one.value, one.only or one.value is MISSING)
                for one in mine
                if _speaks_of(one.event, action)
            ]
        )
        hits += count
        found.append(with_document(action, body) if count else action)
    if not hits:
        raise NoEffectError(otherwise)
    return with_length(tuple(found))


def _speaks_of(event: str, action: Data) -> bool:
    if event == "whole":
        return not action.event
    return event in ("", action.event) or (event == "chunk" and action.event != "")


def put(value: object, path: list[str], new: object, only: bool) -> int:
    """Change the field at the path in place; gives how many there were."""
    key, rest = path[0], path[1:]
    if isinstance(value, list):
        return sum([_put_at(value, n, rest, new, only) for n in range(len(value)) if key in ("*", str(n))])
    if not isinstance(value, dict) or (key not in value and (rest or only)):
        return 0
    return _put_at(value, key, rest, new, only)


def _put_at(holder: Any, key: int | str, rest: list[str], new: object, only: bool) -> int:
    if rest:
        return put(holder[key], rest, new, only)
    if new is MISSING:
        del holder[key]
    else:
        holder[key] = new
    return 1


class FieldAt(Parameters):
    """A field."""

    main: ClassVar[str] = "path"
    path: str = Field(min_length=1, max_length=200, description="Where it is: choices.0.delta.content; * is every one.")
    event: str = Field(
        "", description="In which kind of event; chunk is any, whole a whole body; without it everywhere."
    )

    @field_validator("event")
    @classmethod
    def _is_event(cls, event: str) -> str:
        if event and event not in KINDS and event not in ("chunk", "whole"):
            raise ValueError(f"no event is called '{event}'; {did_you_mean(event, (*KINDS, 'chunk', 'whole'))}")
        return event


class FieldAs(FieldAt):
    """A field and what it becomes."""

    value: JsonValue = Field(description="What it becomes.")


def _field(actions: Actions, given: FieldAt, value: object, *, only: bool) -> Actions:
    return edit(actions, (Edit(given.event, given.path, value, only),), f"the answer has no {given.path} there")


def field(actions: Actions, given: FieldAs, context: Context) -> Actions:
    """Any field set to anything."""
    return _field(actions, given, given.value, only=False)


def field_missing(actions: Actions, given: FieldAt, context: Context) -> Actions:
    """Any field left out."""
    return _field(actions, given, MISSING, only=True)


def field_null(actions: Actions, given: FieldAt, context: Context) -> Actions:
    """Any field null where it is."""
    return _field(actions, given, None, only=True)


# --- usage ------------------------------------------------------------------------------------------------------------

_USAGE = (
    Edit("message_start", "message.usage", None, only=True),
    Edit("message_delta", "usage", None, only=True),
    Edit("usage", "usage", None, only=True),
    Edit("whole", "usage", None, only=True),
)


def _usage(value: object) -> tuple[Edit, ...]:
    return tuple([one._replace(value=value) for one in _USAGE])


class UsageChange(Parameters):
    """What becomes of the usage."""

    main: ClassVar[str] = "how"
    how: Literal["missing", "null", "empty", "zero", "late", "each_chunk", "in_finish"] = Field(
        "missing",
        description="missing, null, empty ({}), zero; late (Anthropic: input tokens only at the end); each_chunk "
        "(OpenAI: null on all others); in_finish (OpenAI: on the chunk with the finish reason).",
    )


def usage(actions: Actions, given: UsageChange, context: Context) -> Actions:
    """Usage that is missing, null, late, or where it is not expected."""
    otherwise = "the answer has no usage (an OpenAI stream has it when include_usage is set)"
    values: Mapping[str, object] = {"missing": MISSING, "null": None, "empty": {}}
    if given.how in values:
        return edit(actions, _usage(values[given.how]), otherwise)
    if given.how == "zero":
        paths = [f"{prefix}{name}" for prefix in ("usage.", "message.usage.") for name in _COUNTS]
        return edit(actions, tuple([Edit("", path, 0, only=True) for path in paths]), otherwise)
    if given.how == "late":
        return edit(
            actions, (Edit("message_start", "message.usage.input_tokens", 0),), "only Anthropic streams have it twice"
        )
    if wire_of(actions) != "openai" or not is_stream(actions):
        raise NoEffectError("only OpenAI streams have usage of their own")
    if given.how == "each_chunk":
        kinds = ("role", "text", "tool_call", "finish")
        return edit(actions, tuple([Edit(kind, "usage", None) for kind in kinds]), otherwise)
    return _in_finish(actions, otherwise)


_COUNTS = ("input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens")


def _in_finish(actions: Actions, otherwise: str) -> Actions:
    found = next((document(a) for a in actions if isinstance(a, Data) and a.event == "usage"), None)
    if found is None:
        raise NoEffectError(otherwise)
    kept = tuple([action for action in actions if not (isinstance(action, Data) and action.event == "usage")])
    return edit(kept, (Edit("finish", "usage", found["usage"]),), "the answer has no finish reason")


# --- the finish reason ------------------------------------------------------------------------------------------------

_OTHER = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "stop_sequence": "stop",
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refusal": "content_filter",
    "content_filter": "refusal",
}
"""What the other dialect calls it."""

_REASONS = (
    ("message_delta", "delta.stop_reason"),
    ("finish", "choices.0.finish_reason"),
    ("whole", "stop_reason"),
    ("whole", "choices.0.finish_reason"),
)


class Finish(Parameters):
    """What becomes of the stop reason."""

    main: ClassVar[str] = "value"
    value: str | None = Field("other_dialect", description="null, missing, other_dialect, or any word.")


def finish(actions: Actions, given: Finish, context: Context) -> Actions:
    """The stop or finish reason missing, null, of the other dialect, or any word."""
    new: object = MISSING if given.value == "missing" else given.value
    if given.value == "other_dialect":
        new = _OTHER.get(str(_reason(actions)), "stop")
    edits = tuple([Edit(event, path, new, only=True) for event, path in _REASONS])
    return edit(actions, edits, "the answer has no stop reason")


def _reason(actions: Actions) -> object:
    for action in actions:
        body = document(action) or {}
        choices = body.get("choices") or [{}]
        found = (body.get("delta") or body).get("stop_reason") or choices[0].get("finish_reason")
        if found:
            return found
    return None


# --- one row a quirk --------------------------------------------------------------------------------------------------


def quirk(*edits: Edit, otherwise: str) -> Callable[[Actions, Nothing, Context], Actions]:
    """A fault without parameters that changes fixed fields."""

    def apply(actions: Actions, given: Nothing, context: Context) -> Actions:
        return edit(actions, edits, otherwise)

    return apply


def _everywhere(key: str, value: object) -> Callable[[Actions, Nothing, Context], Actions]:
    """A fault that puts a key on every delta of the OpenAI wire."""
    return quirk(
        *[Edit(kind, f"choices.0.delta.{key}", value) for kind in ("role", "text", "tool_call")],
        otherwise="the answer has no deltas of the OpenAI wire",
    )


def message_instead_of_delta(actions: Actions, given: Nothing, context: Context) -> Actions:
    """Chunks with `message` where `delta` belongs."""
    found: list[Action] = []
    hits = 0
    for action in actions:
        body = document(action)
        if body is not None and isinstance(action, Data) and action.event:
            for choice in body.get("choices") or ():
                if "delta" in choice:
                    choice["message"] = choice.pop("delta")
                    hits += 1
                    action = with_document(action, body)
        found.append(action)
    if not hits:
        raise NoEffectError("the answer has no deltas of the OpenAI wire")
    return tuple(found)


_TEXTS = (
    ("whole", "choices.0.message.content"),
    ("whole", "content.*.text"),
    ("text", "choices.0.delta.content"),
    ("content_block_delta", "delta.text"),
)

FAULTS = (
    Fault(
        "field",
        "meaning",
        "Any field set to anything.",
        "measured: 116 single fields",
        field,
        FieldAs,
        {"event": "message_start", "path": "message.role", "value": "user"},
    ),
    Fault(
        "field_missing",
        "meaning",
        "Any field left out.",
        "measured: drop.*",
        field_missing,
        FieldAt,
        {"event": "message_start", "path": "message.usage"},
    ),
    Fault(
        "field_null",
        "meaning",
        "Any field null.",
        "measured: null.*",
        field_null,
        FieldAt,
        {"event": "chunk", "path": "choices.0.delta"},
    ),
    Fault(
        "usage",
        "meaning",
        "Usage that is missing, null, zero, late, or where it is not expected.",
        "measured: usage_missing, usage_null, usage_empty_obj, usage_in_last_choice_chunk",
        usage,
        UsageChange,
        "null",
    ),
    Fault(
        "finish",
        "meaning",
        "The stop reason missing, null, of the other dialect, or any word.",
        "measured: finish_null, finish_wrong_name, finish_unknown, finish_stop_with_tools",
        finish,
        Finish,
        "other_dialect",
    ),
    Fault(
        "content_null",
        "meaning",
        "The text of every delta (or the whole answer's) is null.",
        "measured: content_null_delta, ns_content_null",
        quirk(*[Edit(event, path, None, only=True) for event, path in _TEXTS], otherwise="the answer has no text"),
    ),
    Fault(
        "role_repeated",
        "meaning",
        "The role on every delta.",
        "measured: role_repeated_each_chunk",
        _everywhere("role", "assistant"),
    ),
    Fault(
        "role_content_null",
        "meaning",
        "The first delta's content is null.",
        "measured: role_content_null_first",
        quirk(Edit("role", "choices.0.delta.content", None), otherwise="only OpenAI streams open with a role"),
    ),
    Fault(
        "finish_repeated",
        "meaning",
        "The finish reason on every chunk.",
        "measured: finish_reason_repeated_each_chunk",
        quirk(
            *[Edit(kind, "choices.0.finish_reason", "stop") for kind in ("role", "text", "tool_call")],
            otherwise="only OpenAI streams have it on every chunk",
        ),
    ),
    Fault(
        "no_type",
        "meaning",
        "Events without their `type`.",
        "measured: type_field_missing_in_data",
        quirk(
            *[Edit(kind, "type", MISSING) for kind in sorted(KINDS) if "_" in kind and kind != "tool_call"],
            otherwise="only Anthropic events have a type",
        ),
    ),
    Fault(
        "message_instead_of_delta",
        "meaning",
        "Chunks with `message` where `delta` belongs.",
        "measured: message_instead_of_delta",
        message_instead_of_delta,
    ),
)
