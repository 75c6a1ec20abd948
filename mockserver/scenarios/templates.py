"""Templates: `{{last_user_text}}` in a reply's text, a tool's input, an error's message or a raw body.

A template is text with names in double braces. Each name stands for one value of the request, the session or a seeded
generator. There are no expressions and no code. Templates are parsed when a file loads, so an unknown name, or one
without closing braces, is reported then, with the remedy.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from mockserver.core import json_pointer
from mockserver.core.conversation import Conversation, Json, JsonObject, compact_json
from mockserver.core.errors import did_you_mean
from mockserver.core.rng import digest
from mockserver.scenarios import faker_values

_NAME = re.compile(r"\{\{\s*(.*?)\s*\}\}")


class TemplateContext(msgspec.Struct, frozen=True, gc=False):
    """The values that a template can use.

    `turn` is the number of the turn in its file, `hit` the number of its plays including this one, `now` the session's
    time in seconds since the epoch, `seed` the seed of generated values, and `values` what was captured of the request.
    """

    conversation: Conversation
    body: JsonObject
    turn: int
    hit: int
    now: float
    seed: tuple[str, ...] = ()
    values: Mapping[str, str] = {}


Value: TypeAlias = Callable[[TemplateContext], str]


def _tool_result(context: TemplateContext) -> str:
    results = context.conversation.tool_results
    return results[-1].text if results else ""


VALUES: Mapping[str, Value] = {
    "last_user_text": lambda context: context.conversation.last_user_text,
    "system": lambda context: context.conversation.system,
    "tool_result": _tool_result,
    "request.model": lambda context: context.conversation.model,
    "turn": lambda context: str(context.turn),
    "hit": lambda context: str(context.hit),
    "now": lambda context: str(int(context.now)),
    "braces": lambda context: "{{",
}
"""The plain names and their values; `braces` is a literal `{{`. There are also `faker.<provider>`, a generated value,
`body/<path>`, a value of the request body by JSON Pointer, and `secret.<number>`, a word in the place of a secret that
a recording has left out, and `value.<number>`, what the request has where the turn's condition says the same."""

SECRET = "secret."
VALUE = "value."
PLACEHOLDER = re.compile(r"\{\{(?:secret|value)\.\d+\}\}")
"""The placeholders in a condition: each stands for any text."""


class Template(msgspec.Struct, frozen=True, gc=False):
    """A parsed template: parts of literal text, and values."""

    parts: tuple[str | Value, ...]

    @property
    def literal(self) -> str | None:
        """The text, if there is nothing to fill in; else None."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    def fill(self, context: TemplateContext) -> str:
        """Return the text with every value filled in."""
        return "".join([part if isinstance(part, str) else part(context) for part in self.parts])


def parse(text: str) -> Template:
    """Parse a text. Raises `ValueError`, with the remedy, for an unknown name or one without closing braces."""
    parts: list[str | Value] = []
    end = 0
    for match in _NAME.finditer(text):
        if match.start() > end:
            parts.append(_literal(text[end : match.start()]))
        parts.append(_value(match[1], f"{text}\x1f{match.start()}"))
        end = match.end()
    if end < len(text):
        parts.append(_literal(text[end:]))
    return Template(tuple(parts))


def as_literal(value: Json) -> Json:
    """Return a value of a file in which `{{` is text and no template."""
    if isinstance(value, str):
        return value.replace("{{", "{{braces}}")
    if isinstance(value, Mapping):
        return {key: as_literal(item) for key, item in value.items()}
    return [as_literal(item) for item in value] if isinstance(value, list) else value


def _literal(text: str) -> str:
    _, opened, name = text.partition("{{")
    if opened:
        shown = name.partition("\n")[0][:40]
        raise ValueError(f"'{{{{{shown}' has no closing }}}} on its line; write {{{{braces}}}} for a literal {{{{")
    return text


def _value(name: str, place: str) -> Value:
    if name.startswith("faker."):
        return _faker(name.removeprefix("faker."), place)
    if name.startswith(SECRET):
        return _secret(name.removeprefix(SECRET))
    if name.startswith(VALUE) and name.removeprefix(VALUE).isdecimal():
        number = name.removeprefix(VALUE)
        return lambda context: context.values.get(number, f"value-{number}")
    if name.startswith("body/"):
        return _body(name.removeprefix("body"))
    value = VALUES.get(name)
    if value is None:
        known = [*VALUES, "faker.sentence", "body/…", "secret.1", "value.1"]
        raise ValueError(f"unknown value '{{{{{name}}}}}'; {did_you_mean(name, known)}")
    return value


def _secret(number: str) -> Value:
    if not number.isdecimal():
        raise ValueError(f"'secret.{number}' has no number; secrets are called secret.1, secret.2, …")
    return lambda context: harmless(number)


def harmless(number: int | str) -> str:
    """Return the word that stands for a secret in an answer."""
    return f"secret-{number}"


def _faker(name: str, place: str) -> Value:
    if faker_values.is_date(name):
        raise ValueError(
            f"'faker.{name}' depends on today's date, which no seed can fix; use {{{{now}}}}, or plain text"
        )
    if not faker_values.is_text(name):
        hint = did_you_mean(name, faker_values.names() - {name})
        raise ValueError(f"unknown value 'faker.{name}', or one that needs arguments or returns no text; {hint}")
    return lambda context: faker_values.value(name, digest(*context.seed, place))


def _body(pointer: str) -> Value:
    parts = json_pointer.parse(pointer)

    def value(context: TemplateContext) -> str:
        target = json_pointer.follow(context.body, parts)
        if target is json_pointer.MISSING:
            return ""
        return target if isinstance(target, str) else compact_json(target)

    return value
