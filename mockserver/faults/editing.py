"""Changing an answer: its head, its body, its events. The content-length is put right where there is one."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import orjson

from mockserver.core.actions import Action, Actions, Data, End, Head
from mockserver.faults.answers import Object, body_of, document, head_of, header_of, is_event, need_stream
from mockserver.faults.compiled import NoEffectError
from mockserver.faults.places import find
from mockserver.wires.sse import frame, split

if TYPE_CHECKING:
    from pydantic import JsonValue

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


def changed(before: Actions, after: Iterable[Action], otherwise: str) -> Actions:
    """Return the new actions. Raises `NoEffectError` with the reason `otherwise` if they are the old ones."""
    actions = tuple(after)
    if actions == before:
        raise NoEffectError(otherwise)
    return actions


# --- the head ---------------------------------------------------------------------------------------------------------


def with_head(actions: Actions, change: Callable[[Head], Head]) -> Actions:
    """Return the same answer under another head."""
    head = head_of(actions)
    return tuple([change(action) if action is head else action for action in actions])


def set_header(head: Head, name: str, value: str | None) -> Head:
    """Return the head with a header set, in its place or last; None leaves the header out."""
    kept = [(known, old) for known, old in head.headers if known != name]
    index = next((number for number, (known, _) in enumerate(head.headers) if known == name), len(kept))
    if value is not None:
        kept.insert(index, (name, value))
    return Head(head.status, tuple(kept), head.bare, head.version)


def with_header(actions: Actions, name: str, value: str | None) -> Actions:
    """Return the answer with a header set or left out. Raises `NoEffectError` if it is so already."""
    before = head_of(actions)
    after = set_header(before, name, value)
    if after == before:
        raise NoEffectError(f"the answer has no header {name}" if value is None else f"{name} is that anyway")
    return with_head(actions, lambda head: after)


def as_written(value: "JsonValue") -> str:
    """Return a value of a scenario file as a header says it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def with_length(actions: Actions) -> Actions:
    """Return the same answer with its content-length put right, where it has one."""
    if header_of(actions, "content-length") is None:
        return actions
    return with_head(actions, lambda head: set_header(head, "content-length", str(len(body_of(actions)))))


def longer_by(actions: Actions, size: int) -> Actions:
    """Return the same answer with this many bytes more in its content-length, if any. A wrong length stays wrong."""
    length = header_of(actions, "content-length") or ""
    if not length.isdecimal():
        return actions
    return with_head(actions, lambda head: set_header(head, "content-length", str(int(length) + size)))


# --- the body ---------------------------------------------------------------------------------------------------------


def with_body(actions: Actions, body: Iterable[Action], headers: Mapping[str, str | None]) -> Actions:
    """Return the head with these headers changed, this body, and a proper end. What came before the head stays."""
    head = head_of(actions)
    index = actions.index(head)
    for name, value in headers.items():
        head = set_header(head, name, value)
    return (*actions[:index], head, *body, End())


def with_whole_body(actions: Actions, body: bytes, content_type: str | None) -> Actions:
    """Return the answer with one body, and its length."""
    headers = {"content-type": content_type, "content-length": str(len(body))}
    return with_body(actions, [Data(body)] if body else [], headers)


def with_prefix(actions: Actions, prefix: bytes) -> Actions:
    """Return the answer with these bytes before its body."""
    for index, action in enumerate(actions):
        if isinstance(action, Data):
            return with_action(actions, index, Data(prefix + action.payload, action.event))
    raise NoEffectError("the answer has no body")


# --- events -----------------------------------------------------------------------------------------------------------


def with_data(action: Data, data: bytes) -> Data:
    """Return the same event with other data."""
    return Data(frame(data, split(action.payload)[0]), action.event)


def with_document(action: Data, value: object) -> Data:
    """Return the same event or body with other JSON."""
    data = orjson.dumps(value)
    return with_data(action, data) if action.event else Data(data)


def with_action(actions: Actions, index: int, *replacement: Action) -> Actions:
    """Return the answer with the action at this index replaced."""
    return with_length((*actions[:index], *replacement, *actions[index + 1 :]))


def each_event(actions: Actions, change: Callable[[Data], Iterable[Action]], otherwise: str) -> Actions:
    """Return the answer with every event replaced by what `change` makes of it."""
    need_stream(actions)
    after: list[Action] = []
    for action in actions:
        if isinstance(action, Data) and is_event(action):
            after.extend(change(action))
        else:
            after.append(action)
    return with_length(changed(actions, after, otherwise))


def each_payload(actions: Actions, change: Callable[[bytes], bytes], otherwise: str) -> Actions:
    """Return the stream with the bytes of every frame rewritten, comments among them."""
    need_stream(actions)
    after = [Data(change(action.payload), action.event) if isinstance(action, Data) else action for action in actions]
    return with_length(changed(actions, after, otherwise))


def each_document(actions: Actions, change: Callable[[Data, Object], object], otherwise: str) -> Actions:
    """Return the answer with the JSON of events and bodies changed in place, where `change` returns a true value.

    Raises `NoEffectError` with the reason `otherwise` if it changed none.
    """
    after: list[Action] = []
    hits = 0
    for action in actions:
        body = document(action)
        if body is not None and isinstance(action, Data) and change(action, body):
            hits += 1
            action = with_document(action, body)
        after.append(action)
    if not hits:
        raise NoEffectError(otherwise)
    return with_length(tuple(after))


def keep_events(actions: Actions, keep: Callable[[str], bool], otherwise: str) -> Actions:
    """Return the stream without the frames whose kind is not to be kept."""
    need_stream(actions)
    kept = [action for action in actions if not isinstance(action, Data) or keep(action.event)]
    return with_length(changed(actions, kept, otherwise))


def insert(actions: Actions, at: int | str, *added: Action) -> Actions:
    """Return the stream with these actions before the place."""
    need_stream(actions)
    index = find(actions, at)
    return with_length((*actions[:index], *added, *actions[index:]))
