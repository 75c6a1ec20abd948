"""Volatile values: what differs between two recordings of the same requests, such as ids, times and paths.

Rules:

- Two requests are the same if they have the same shape: operation, kind of the last message, number of messages and
  tools. Of several, those with the same words belong together, then those in the same order.
- Where the texts of two such requests differ, the condition has `{{value.1}}`, `{{value.2}}`, …, any text.
- Where the answer says the value again, it has the same name, or the name of the whole text, such as `{{tool_result}}`.
- Where only the answers differ, the newer one counts.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

import msgspec
import orjson

from mockserver.core.conversation import Conversation, Json
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.scenarios.call import Call
from mockserver.scenarios.recorded import RecordedAnswer
from mockserver.scenarios.templates import VALUE

_TOKEN = re.compile(r"/?\w+(?:[.:/@-]\w+)*|\s+|[^\w\s]")
"""What differs as a whole: a word, a time, an id or a path, not a part of it."""

ALIKE = 0.4
"""The share of two texts that is the same, from which their difference is a value in them."""

TEXTS: Mapping[str, Callable[[Conversation], str]] = {
    "last_user_text": lambda conversation: conversation.last_user_text,
    "tool_result": lambda conversation: conversation.tool_results[-1].text if conversation.tool_results else "",
    "system": lambda conversation: conversation.system,
}
"""The texts that a condition can speak of, by their names in templates."""


KEYS = {"last_user_text": "text", "tool_result": "tool_result", "system": "system"}
"""The names of these texts in a condition."""

Redact: TypeAlias = Callable[[str], str]

_USED = re.compile(r"\{\{(value\.\d+)\}\}")


class VolatileValue(msgspec.Struct, frozen=True):
    """A value of one request: its name in templates, what it was, and what it is now."""

    name: str
    earlier: str
    now: str


class Twin(msgspec.Struct, frozen=True):
    """An earlier request of the same shape, and what differs: templates by text, and the values in them."""

    number: int
    templates: Mapping[str, str]
    values: tuple[VolatileValue, ...]


def exchange_of(answer: RecordedAnswer) -> RecordedExchange:
    """Return an earlier exchange from the file beside its recording."""
    request = answer.request
    return RecordedExchange(
        method=request.method,
        path=request.path,
        query=request.query,
        headers={"content-type": "application/json"},
        body=orjson.dumps(request.body) if request.body is not None else b"",
        status=answer.status,
        response_headers=answer.headers,
        first=answer.first,
        frames=tuple([Frame(piece.at, piece.payload) for piece in answer.pieces]),
        ended=answer.ended,
        retry=request.retry,
    )


def twins(calls: Sequence[Call], earlier: Sequence[Call], redact: Redact) -> list[Twin | None]:
    """Return the earlier twin of each call, each earlier one once; None for a call without one."""
    left: dict[bytes, list[int]] = defaultdict(list)
    for number, call in enumerate(earlier):
        left[_shape(call)].append(number)
    found: list[Twin | None] = [None] * len(calls)
    for is_alike in (_says_the_same, lambda *_: True):
        for number, call in enumerate(calls):
            others = left[_shape(call)]
            if found[number] is None:
                twin = next((other for other in others if is_alike(call, earlier[other], redact)), None)
                if twin is not None:
                    others.remove(twin)
                    found[number] = _compared(twin, earlier[twin], call, redact)
    return found


def _shape(call: Call) -> bytes:
    conversation = call.conversation
    if conversation is None:
        return orjson.dumps([call.operation.name, call.operation.method, "" if call.operation.name else call.path])
    tools = [tool.name for tool in conversation.tools]
    return orjson.dumps(
        [call.operation.name, conversation.last, len(conversation.messages), conversation.stream, tools]
    )


def _says_the_same(call: Call, other: Call, redact: Redact) -> bool:
    if call.conversation is None or other.conversation is None:
        return True
    ours, theirs = call.conversation, other.conversation
    return all(redact(text_of(ours)) == redact(text_of(theirs)) for text_of in TEXTS.values())


def _compared(number: int, earlier: Call, call: Call, redact: Redact) -> Twin:
    """Return what differs between two calls of one shape."""
    templates: dict[str, str] = {}
    values: list[VolatileValue] = []
    if call.conversation is not None and earlier.conversation is not None:
        for name, text_of in TEXTS.items():
            before, now = redact(text_of(earlier.conversation)), redact(text_of(call.conversation))
            if before and now and before != now:
                template, inner = _template(before, now, sum([value.name.startswith(VALUE) for value in values]) + 1)
                templates |= {before: template, now: template}
                values += [*inner, VolatileValue(name, before, now)]
    return Twin(number, templates, tuple(values))


def _template(before: str, now: str, number: int) -> tuple[str, list[VolatileValue]]:
    """Return a text with a name for each part that differs, and those parts; one name for texts that share little."""
    ours, theirs = _TOKEN.findall(now), _TOKEN.findall(before)
    template, values = "", list[VolatileValue]()
    compared = SequenceMatcher(None, theirs, ours, autojunk=False)
    for kind, start, end, other_start, other_end in compared.get_opcodes():
        part = "".join(ours[other_start:other_end])
        follows = bool(values) and template.endswith(_name(values[-1]))
        if kind == "equal" and (part.strip() or not follows):
            template += part
            continue
        if follows:  # two parts with nothing but space between them are one
            last = values.pop()
            template = template.removesuffix(_name(last))
            values.append(VolatileValue(last.name, last.earlier + "".join(theirs[start:end]), last.now + part))
        else:
            values.append(VolatileValue(f"{VALUE}{number + len(values)}", "".join(theirs[start:end]), part))
        template += _name(values[-1])
    if compared.ratio() < ALIKE or any(not value.earlier or not value.now for value in values):
        values = [VolatileValue(f"{VALUE}{number}", before, now)]
        return _name(values[0]), values
    return template, values


def _name(value: VolatileValue) -> str:
    return f"{{{{{value.name}}}}}"


def named(words: Json, earlier: Json, twin: Twin) -> Json:
    """Return the words of an answer with the names of the values that it repeats; `earlier` are those of its twin."""
    if isinstance(words, str) and isinstance(earlier, str):
        return _named_text(words, earlier, twin.values)
    if isinstance(words, dict) and isinstance(earlier, dict):
        return {key: named(value, earlier.get(key), twin) for key, value in words.items()}
    if isinstance(words, list) and isinstance(earlier, list) and len(words) == len(earlier):
        return [named(value, other, twin) for value, other in zip(words, earlier, strict=True)]
    return words


def _named_text(text: str, earlier: str, values: Sequence[VolatileValue]) -> str:
    for value in sorted(values, key=lambda value: (-len(value.now), value.name.startswith(VALUE))):
        count = text.count(value.now) if value.now else 0
        if count and value.earlier and earlier.count(value.earlier) == count:
            text, earlier = text.replace(value.now, _name(value)), earlier.replace(value.earlier, _name(value))
    return text


def with_values(
    condition: Mapping[str, Json], words: Json, twin: Twin, conversation: Conversation, redact: Redact
) -> dict[str, Json]:
    """Return a condition that names every value which the words of its answer use."""
    used, added = set(_USED.findall(orjson.dumps(words).decode())), dict[str, Json]()
    for name, key in KEYS.items():
        template = twin.templates.get(redact(TEXTS[name](conversation)), "")
        if used.intersection(_USED.findall(template)):
            added[key] = {"text": template} if key == "tool_result" else template
    return {**condition, **added}
