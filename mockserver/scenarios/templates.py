"""Values by name: `{{last_user_text}}` in a reply's text, a tool's input or a raw body.

A template is text with names in double braces; a name stands for one value of the request, the session or a seeded
generator. There are no expressions and no code. Templates are taken apart when a file loads, so that a name that
means nothing, or that is not closed, is refused there, with what to write instead.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from mockserver.core import json_pointer
from mockserver.core.conversation import Conversation, JsonObject, compact_json
from mockserver.core.errors import did_you_mean
from mockserver.core.rng import digest
from mockserver.scenarios import faker_values

_NAME = re.compile(r"\{\{\s*(.*?)\s*\}\}")


class TemplateContext(msgspec.Struct, frozen=True, gc=False):
    """What a template can speak of.

    `turn` is the number of the turn in its file, `hit` how often it has been played, `now` the session's time,
    `seed` what generated values come from.
    """

    conversation: Conversation
    body: JsonObject
    turn: int
    hit: int
    now: float
    seed: tuple[str, ...] = ()


Value: TypeAlias = Callable[[TemplateContext], str]


def _tool_result(scene: TemplateContext) -> str:
    results = scene.conversation.tool_results
    return results[-1].text if results else ""


VALUES: Mapping[str, Value] = {
    "last_user_text": lambda scene: scene.conversation.last_user_text,
    "system": lambda scene: scene.conversation.system,
    "tool_result": _tool_result,
    "request.model": lambda scene: scene.conversation.model,
    "turn": lambda scene: str(scene.turn),
    "hit": lambda scene: str(scene.hit),
    "now": lambda scene: str(int(scene.now)),
    "braces": lambda scene: "{{",
}
"""The plain names: the text of the last user message, the system text, the text of the last tool result, the model that
the client sent, the turn's number in its file and how often it has been played, the session's time in seconds since
the epoch, and two opening braces as they stand. Beside them `faker.<provider>`, and `body/<path>`, a value of the
request body by JSON Pointer."""


class Template(msgspec.Struct, frozen=True, gc=False):
    """Text in parts: literal text, or a value. One literal part means that there is nothing to fill in."""

    parts: tuple[str | Value, ...]

    @property
    def literal(self) -> str | None:
        """The text, if it depends on nothing."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    def fill(self, scene: TemplateContext) -> str:
        """The text with every value in its place."""
        return "".join([part if isinstance(part, str) else part(scene) for part in self.parts])


def parse(text: str) -> Template:
    """Take a text apart. Raises `ValueError` for a name that means nothing, or that is not closed."""
    parts: list[str | Value] = []
    end = 0
    for found in _NAME.finditer(text):
        if found.start() > end:
            parts.append(_literal(text[end : found.start()]))
        parts.append(_value(found[1], f"{text}\x1f{found.start()}"))
        end = found.end()
    if end < len(text):
        parts.append(_literal(text[end:]))
    return Template(tuple(parts))


def _literal(text: str) -> str:
    _, opened, name = text.partition("{{")
    if opened:
        told = name.partition("\n")[0][:40]
        raise ValueError(
            f"'{{{{{told}' is not closed by }}}} on its line; write {{{{braces}}}} for braces as they stand"
        )
    return text


def _value(name: str, place: str) -> Value:
    if name.startswith("faker."):
        return _faker(name.removeprefix("faker."), place)
    if name.startswith("body/"):
        return _body(name.removeprefix("body"))
    value = VALUES.get(name)
    if value is None:
        known = [*VALUES, "faker.sentence", "body/…"]
        raise ValueError(f"no value is called '{{{{{name}}}}}'; {did_you_mean(name, known)}")
    return value


def _faker(name: str, place: str) -> Value:
    if faker_values.is_date(name):
        raise ValueError(f"faker's '{name}' counts from today, so no seed could fix it; use {{{{now}}}}, or plain text")
    if not faker_values.is_text(name):
        hint = did_you_mean(name, faker_values.names() - {name})
        raise ValueError(f"faker has no value called '{name}' that needs nothing more and gives text; {hint}")
    return lambda scene: faker_values.value(name, digest(*scene.seed, place))


def _body(pointer: str) -> Value:
    parts = json_pointer.parts_of(pointer)

    def value(scene: TemplateContext) -> str:
        found = json_pointer.follow(scene.body, parts)
        if found is json_pointer.MISSING:
            return ""
        return found if isinstance(found, str) else compact_json(found)

    return value
