"""The condition of a turn, from the shape of its conversation: the least that tells the turns of a recording apart.

Nothing here depends on the order of the turns, so that replay does not depend on the order of the requests. Rules:

- What a person would name comes first: the text of a user's message, the kind of the last message, the number of
  assistant messages; then tools, tool results, system text, model and form. The wire comes last: a turn answers
  every wire unless the same was asked on two.
- Fewer keys are better than more. Of as many, those that stand first in `FEATURES`.
- Secrets are taken out of a text before its beginning stands for it: half a secret is a secret too.
- Requests that no key tells apart are one request: its turns have one condition and answer in their order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import orjson

from mockserver.core.conversation import Conversation, Json
from mockserver.journal.record import NO_ROUTE
from mockserver.scenarios.call import Call
from mockserver.scenarios.matcher import Matcher, differences
from mockserver.scenarios.templates import PLACEHOLDER
from mockserver.scenarios.when import When, compile_when

Condition = dict[str, Json]

OPENING, LONG_OPENING = 80, 400
"""Characters of a long text that stand for it, if they suffice."""

MOST_KEYS = 4
"""The most keys of a condition before all of them are taken."""


Redact = Callable[[str], str]
"""Replaces the secrets in a text by placeholders."""


def _text(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    tests = list(_tests(redact(conversation.last_user_text))) if conversation.last == "user" else []
    yield from [{"text": test} for test in tests] or [{"last": conversation.last}]


def _tests(text: str) -> Iterator[Json]:
    """Yield tests of a text without secrets, the shortest first; none for a text that only has placeholders."""
    if not PLACEHOLDER.sub("", text).strip():
        return
    if len(text) > OPENING:
        yield {"contains": _opening(text, OPENING).partition("\n")[0].rstrip() or _opening(text, OPENING)}
    if len(text) > LONG_OPENING:
        yield {"contains": _opening(text, LONG_OPENING)}
    yield text


def _opening(text: str, length: int) -> str:
    """Return the beginning of a text, which ends inside no placeholder."""
    opening = text[:length]
    before, braces, inside = opening.rpartition("{{")
    return before if braces and before and "}}" not in inside else opening


def _last(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield {"last": conversation.last}


def _assistant_turns(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield {"assistant_turns": conversation.assistant_turns}


def _tool_result(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    for result in conversation.tool_results[-1:]:
        yield from [{"tool_result": {"text": test}} for test in _tests(redact(result.text))]


def _user_text(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    if conversation.last != "user":
        yield from [{"text": test} for test in _tests(redact(conversation.last_user_text))]


def _tools(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield {"tools": [tool.name for tool in conversation.tools]}


def _system(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield from [{"system": test} for test in _tests(redact(conversation.system))]


def _model(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield {"model": conversation.model}


def _stream(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    yield {"stream": conversation.stream}


def _response_format(conversation: Conversation, redact: Redact) -> Iterator[Condition]:
    asked = conversation.response_format
    yield {"response_format": asked.kind if asked is not None else "text"}


FEATURES: Sequence[Callable[[Conversation, Redact], Iterator[Condition]]] = (
    _text,
    _last,
    _assistant_turns,
    _tool_result,
    _user_text,
    _tools,
    _system,
    _model,
    _response_format,
    _stream,
)
"""What a condition can speak of, the most telling first; each yields its keys, the shortest first.

The first is always part of a condition.
"""


class Shapes:
    """The requests of a recording, and the condition of each. `redact` takes the secrets out of their texts."""

    def __init__(self, calls: Sequence[Call], redact: Redact) -> None:
        self._calls = calls
        self._redact = redact
        self._matching: dict[bytes, int] = {}

    def condition(self, number: int) -> Condition:
        """Return the least condition that only this request fulfils, and those that nothing tells from it."""
        call = self._calls[number]
        if call.conversation is None:
            return _route(call, self._redact)
        choices = [list(feature(call.conversation, self._redact)) for feature in FEATURES]
        choices.append([{"wire": call.operation.wire}])
        same = self._matched_by([options[-1] for options in choices if options])
        for size in range(MOST_KEYS):
            for others in combinations([options for options in choices[1:] if options], size):
                for condition in _products([choices[0], *others]):
                    if self._matched_by(condition) == same:
                        return _merged(condition)
        return _merged([options[-1] for options in choices if options])

    def _matched_by(self, parts: Sequence[Condition]) -> int:
        """Return the requests that fulfil all of these conditions, as a set of bits."""
        matched = -1
        for part in parts:
            matched &= self._matched_by_one(part)
        return matched

    def _matched_by_one(self, part: Mapping[str, Json]) -> int:
        key = orjson.dumps(part)
        if key not in self._matching:
            matchers: tuple[Matcher, ...] = compile_when(When.model_validate(part))
            bits = [not differences(matchers, call) for call in self._calls]
            self._matching[key] = sum([1 << index for index, bit in enumerate(bits) if bit])
        return self._matching[key]


def _route(call: Call, redact: Redact) -> Condition:
    """Return the condition of a request that is no conversation."""
    if call.operation.name not in ("", NO_ROUTE.name):
        return {"operation": call.operation.name}
    return {"method": call.operation.method, "path": PLACEHOLDER.sub("*", redact(call.path))}


def _products(choices: Sequence[Sequence[Condition]]) -> Iterator[list[Condition]]:
    """Yield one condition of each choice, in every way, the shortest first."""
    if not choices:
        yield []
        return
    for rest in _products(choices[:-1]):
        for last in choices[-1]:
            yield [*rest, last]


def _merged(parts: Sequence[Condition]) -> Condition:
    merged: Condition = {}
    for part in parts:
        merged |= part
    return merged
