"""Reading an answer: its head, its events, its body, and the JSON in them."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import orjson

from mockserver.core.actions import Action, Actions, Data, Head
from mockserver.faults.compiled import NoEffectError
from mockserver.wires.sse import split
from mockserver.wires.wire import Wire

Object: TypeAlias = dict[str, Any]
"""A JSON object of an answer. Faults change it in place."""

NOT_JSON = frozenset({"done", "comment"})
"""Kinds of frames whose data is not JSON."""


def is_event(action: Action) -> bool:
    """Return whether an action is an event of a stream. A comment is not."""
    return isinstance(action, Data) and action.event not in ("", "comment")


def is_stream(actions: Actions) -> bool:
    """Return whether the answer is a stream."""
    return any(is_event(action) for action in actions)


def need_stream(actions: Actions) -> None:
    """Raise `NoEffectError` for an answer that is not a stream."""
    if not is_stream(actions):
        raise NoEffectError("the answer is not a stream")


def need_plain(actions: Actions) -> None:
    """Raise `NoEffectError` for a compressed body, in which no line and no character can be found."""
    if body_of(actions).startswith(b"\x1f\x8b"):
        raise NoEffectError("the body is compressed")


def head_of(actions: Actions) -> Head:
    """Return the head. Raises `NoEffectError` if an earlier fault has taken it away."""
    for action in actions:
        if isinstance(action, Head):
            return action
    raise NoEffectError("the connection ends before the headers")


def header_of(actions: Actions, name: str) -> str | None:
    """Return the value of a header of the answer, or None."""
    return dict(head_of(actions).headers).get(name)


def body_of(actions: Actions) -> bytes:
    """Return all the bytes of the body."""
    return b"".join([action.payload for action in actions if isinstance(action, Data)])


def kinds_of(actions: Actions) -> list[str]:
    """Return the kinds of the events, in order."""
    return [action.event for action in actions if isinstance(action, Data) and is_event(action)]


def document(action: Action) -> Object | None:
    """Return the JSON object of an event or of a whole body, or None if it has none."""
    if not isinstance(action, Data) or action.event in NOT_JSON:
        return None
    try:
        value = orjson.loads(split(action.payload)[1] if action.event else action.payload)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def documents(actions: Actions) -> Iterator[tuple[int, Data, Object]]:
    """Yield every event or body that has a JSON object, with its index in the actions."""
    for index, action in enumerate(actions):
        body = document(action)
        if body is not None and isinstance(action, Data):
            yield index, action, body


def first_document(actions: Actions) -> Object:
    """Return the first JSON object of the answer, or an empty one."""
    return next((body for _, _, body in documents(actions)), {})


def whole_of(actions: Actions, wire: Wire) -> Object:
    """Return the JSON of the whole answer, from a stream or from a whole answer itself."""
    bodies = [body for _, _, body in documents(actions)]
    if not bodies:
        raise NoEffectError("the answer has no JSON")
    return wire.reader.whole_of(bodies) if is_stream(actions) else bodies[0]
