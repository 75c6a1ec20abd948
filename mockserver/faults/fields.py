"""Changing fields of the JSON of an answer, wherever they are.

A path has dots and numbers, as in `choices.0.delta.content`; `*` is every element of a list.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple

from pydantic import Field, field_validator

from mockserver.core.actions import Actions, Data
from mockserver.core.errors import did_you_mean
from mockserver.faults.answers import Object
from mockserver.faults.editing import each_document
from mockserver.faults.fault import Parameters
from mockserver.wires import EVENTS


class _Missing:
    """The value of a field that is not there."""


MISSING: Final = _Missing()


class Edit(NamedTuple):
    """A change of one field.

    `event` is a kind of event, `chunk` (any event), `whole` (a whole body) or "" (everywhere). `only` changes the field
    only where it is there already.
    """

    event: str
    path: str
    value: object
    only: bool = False


def edit(actions: Actions, edits: Sequence[Edit], otherwise: str) -> Actions:
    """Return the answer with these fields changed. Raises `NoEffectError` with this reason if it has none of them."""

    def change(action: Data, body: Object) -> int:
        return sum(
            [
                put(body, change.path.split("."), change.value, only=change.only or change.value is MISSING)
                for change in edits
                if _concerns(change.event, action)
            ]
        )

    return each_document(actions, change, otherwise)


def _concerns(event: str, action: Data) -> bool:
    if event == "whole":
        return not action.event
    return event in ("", action.event) or (event == "chunk" and action.event != "")


def put(value: object, path: list[str], new: object, *, only: bool) -> int:
    """Change the field at a path in place, and return how many fields that were."""
    key, rest = path[0], path[1:]
    if isinstance(value, list):
        indices = [index for index in range(len(value)) if key in ("*", str(index))]
        return sum([_put_at(value, index, rest, new, only=only) for index in indices])
    if not isinstance(value, dict) or (key not in value and (rest or only)):
        return 0
    return _put_at(value, key, rest, new, only=only)


def _put_at(holder: Any, key: int | str, rest: list[str], new: object, *, only: bool) -> int:
    if rest:
        return put(holder[key], rest, new, only=only)
    if new is MISSING:
        del holder[key]
    else:
        holder[key] = new
    return 1


class FieldPlace(Parameters):
    """A field."""

    main: ClassVar[str] = "path"
    path: str = Field(min_length=1, max_length=200, description="Where it is: choices.0.delta.content; * is every one.")
    event: str = Field(
        "", description="In which kind of event; chunk is any, whole a whole body; without it everywhere."
    )

    @field_validator("event")
    @classmethod
    def _is_event(cls, event: str) -> str:
        if event and event not in EVENTS and event not in ("chunk", "whole"):
            raise ValueError(f"no event is called '{event}'; {did_you_mean(event, (*EVENTS, 'chunk', 'whole'))}")
        return event


def edit_field(actions: Actions, field: FieldPlace, value: object, *, only: bool) -> Actions:
    """Return the answer with one field changed."""
    return edit(actions, [Edit(field.event, field.path, value, only)], f"the answer has no {field.path} there")


DELTA_CHUNKS = ("role", "reasoning", "text", "tool_call")
"""The chunks of a chat completion that have a delta with something in it."""
