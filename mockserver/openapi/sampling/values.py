"""Plain values that a person understands: by the name of a property, by its format, within bounds.

A text is a template whose placeholders (`{word}`, `{digits:4}`) are filled from an `Rng`, so the same seed gives the
same text and no clock, locale or external list of names is read. Every function yields candidates, best first; the
caller checks whether a candidate satisfies its schema.

Faker was tried for the formats. It takes 90 ms to import, and its texts may change with any release, so values would
not stay the same. The table below is shorter than the code that would connect Faker.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, isfinite, lcm
from typing import NamedTuple

from mockserver.core.rng import Rng

# Texts by the name of a property, or by its last or first word.
NAMES: dict[str, tuple[str, ...]] = {
    "path": ("/tmp/example.txt", "/tmp/notes.md", "src/main.py"),
    "directory": ("/tmp", "src", "docs"),
    "query": ("weather in Oslo", "latest release notes", "how to reset a password"),
    "city": ("Oslo", "Paris", "Kyoto", "Lagos", "Lima"),
    "country": ("Norway", "France", "Japan", "Peru"),
    "url": ("https://example.com/", "https://example.com/docs", "https://example.org/{word}"),
    "email": ("ada@example.com", "{word}@example.com"),
    "name": ("Ada Lovelace", "Alan Turing", "Grace Hopper"),
    "user": ("ada", "alan", "grace"),
    "title": ("A short title", "Weekly report", "Meeting notes"),
    "command": ("ls -la", "echo hello", "git status"),
    "language": ("python", "english", "norwegian"),
    "code": ("print('hello')", "1 + 1"),
    "sql": ("SELECT 1", "SELECT * FROM {word}s LIMIT 10"),
    "text": ("Hello, world.", "A short text.", "Some words about {word}s."),
    "pattern": ("TODO", "*.py", "{word}"),
    "id": ("{word}_{hex:8}",),
    "date": ("2025-0{day}-1{day}",),
    "time": ("0{day}:30:00",),
    "timezone": ("UTC", "Europe/Oslo"),
    "currency": ("EUR", "USD", "NOK"),
    "color": ("red", "green", "blue"),
    "host": ("localhost", "{word}.example.com"),
    "phone": ("+4722{digits:6}",),
    "symbol": ("ACME", "EXMPL"),
    "version": ("1.{day}.0",),
    "expression": ("2 + 2", "6 * 7"),
}
ALIASES = {
    alias: name
    for name, aliases in {
        "path": "file filename filepath source destination",
        "directory": "dir folder cwd root",
        "query": "q search question term terms keyword keywords topic",
        "city": "location place town",
        "url": "uri link href website webpage",
        "email": "mail recipient to from",
        "name": "fullname author person",
        "user": "username login owner",
        "title": "subject headline label",
        "command": "cmd shell",
        "language": "lang locale",
        "code": "script snippet",
        "text": "content body message prompt description summary reason note comment thought explanation",
        "pattern": "regex glob",
        "id": "identifier uuid key",
        "date": "day",
        "color": "colour",
        "host": "hostname domain server",
        "symbol": "ticker",
        "expression": "formula equation",
    }.items()
    for alias in aliases.split()
}
# Numbers by the name of a property; all others get a number from 1 to 10.
NUMBERS: dict[str, tuple[float, ...]] = {
    "port": (8080, 8000),
    "year": (2024, 2025),
    "age": (36, 41),
    "timeout": (30, 60),
    "offset": (0,),
    "latitude": (59.91, 48.85),
    "lat": (59.91, 48.85),
    "longitude": (10.75, 2.35),
    "lon": (10.75, 2.35),
    "lng": (10.75, 2.35),
    "price": (9.5, 12.25),
    "amount": (9.5, 12.25),
}
# `{pad}` is where a text grows if it must be longer.
FORMATS: dict[str, tuple[str, ...]] = {
    "date-time": ("2025-0{day}-1{day}T0{day}:30:00Z",),
    "date": ("2025-0{day}-1{day}",),
    "time": ("0{day}:30:00Z",),
    "duration": ("PT{day}H", "P{day}D"),
    "email": ("{word}{pad}@example.com",),
    "uri": ("https://example.com/{word}{pad}",),
    "uri-reference": ("/{word}{pad}",),
    "uri-template": ("https://example.com/{word}{pad}/{{id}}",),
    "uuid": ("{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}",),
    "ipv4": ("192.0.2.{day}", "198.51.100.1{day}"),
    "ipv6": ("2001:db8::{hex:1}", "2001:db8:0:0:0:0:0:{day}"),
    "hostname": ("{word}{pad}.example.com",),
    "json-pointer": ("/{word}{pad}",),
    "relative-json-pointer": ("1/{word}{pad}", "0#"),
    "regex": ("^{word}{pad}$",),
    "byte": ("aGVsbG8=", "d29ybGQ="),
}
FORMATS |= {
    "idn-email": FORMATS["email"],
    "iri": FORMATS["uri"],
    "url": FORMATS["uri"],
    "iri-reference": FORMATS["uri-reference"],
    "idn-hostname": FORMATS["hostname"],
    "base64": FORMATS["byte"],
}
WORDS = ("apple", "river", "stone", "cloud", "maple", "lemon", "tiger", "piano", "amber", "ocean", "cedar", "comet")

_PLACEHOLDER = re.compile(r"\{(word|hex|digits|day|pad)(?::(\d+))?\}")
_NAME_PART = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=1024)
def table_key(name: str) -> str:
    """Return the key of `NAMES` or `NUMBERS` for a property's name (`filePath` -> path), or an empty text."""
    words = [match[0].lower() for match in _NAME_PART.finditer(name[:100])]
    for word in (name.lower(), *words[-1:], *words[:1]):
        for candidate in (word, word.removesuffix("s")):
            key: str = ALIASES.get(candidate, candidate)
            if key in NAMES or key in NUMBERS:
                return key
    return ""


def fill_template(template: str, rng: Rng, pad: int = 0) -> str:
    """Return the template with its placeholders filled; `{pad}` becomes `pad` letters."""

    def filling(placeholder: re.Match[str]) -> str:
        size = int(placeholder[2] or 1)
        match placeholder[1]:
            case "word":
                return rng.choice(WORDS)
            case "hex":
                return f"{rng.roll():016x}"[:size]
            case "digits":
                return f"{rng.roll():020d}"[-size:]
            case "day":
                return str(1 + rng.below(9))
            case _:
                return "a" * pad

    filled: str = _PLACEHOLDER.sub(filling, template)
    return filled.replace("{{", "{").replace("}}", "}")


def text_candidates(name: str, form: str, rng: Rng, least: int, most: int, variety: int) -> Iterator[str]:
    """Yield texts for a property of this name and format, `least` to `most` letters long.

    With `variety` above 0 the texts differ from those that were made with other numbers, and no fixed words are used.
    """
    for template in FORMATS.get(form, ()):
        text = fill_template(template, rng)
        yield text if len(text) >= least else fill_template(template, rng, least - len(text))
    if not variety and (templates := NAMES.get(table_key(name))):
        start = rng.below(len(templates))
        for template in templates[start:] + templates[:start]:
            text = fill_template(template, rng)
            if least <= len(text) <= most:
                yield text
    text = rng.choice(WORDS) + (f"-{rng.below(10 ** min(variety + 1, 18))}" if variety else "")
    while len(text) < least:
        text += " " + rng.choice(WORDS)
    # A short text keeps its end, where the number is that makes it differ from others.
    if len(text) > most:
        text = text[len(text) - most :] if variety else text[:most]
    yield text if text == text.strip() else text.replace(" ", "a")


class Bounds(NamedTuple):
    """The allowed numbers: an interval, open or closed at each end, and steps of which they must be multiples."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    steps: tuple[Fraction, ...] = ()

    def admit(self, number: Fraction) -> bool:
        """Return whether a number is in the interval and a multiple of every step."""
        above = self.low is None or (number > self.low if self.low_open else number >= self.low)
        below = self.high is None or (number < self.high if self.high_open else number <= self.high)
        return above and below and all(number % step == 0 for step in self.steps)


def _grid(bounds: Bounds, step: Fraction) -> tuple[int | None, int | None]:
    """Return the numbers of the first and the last multiple of `step` in the interval; None where it is unbounded."""
    first = last = None
    if bounds.low is not None:
        first = ceil(bounds.low / step)
        first += bounds.low_open and first * step == bounds.low
    if bounds.high is not None:
        last = floor(bounds.high / step)
        last -= bounds.high_open and last * step == bounds.high
    return first, last


def _on_grid(bounds: Bounds, step: Fraction, rng: Rng, variety: int) -> Iterator[Fraction]:
    """Yield small multiples of `step` in the interval: from 1 up if that is inside, else from the nearest end."""
    span = 10 ** min(1 + variety, 12)
    first, last = _grid(bounds, step)
    low = 1 if first is None else first if first > 1 or (last is not None and last < 1) else 1
    if last is not None and last < low:
        low = last - span + 1 if first is None else max(first, last - span + 1)
    high = low + span - 1 if last is None else min(last, low + span - 1)
    if low <= high and (first is None or low >= first):
        size = high - low + 1
        start = rng.below(size)
        for offset in range(min(size, 12)):
            yield (low + (start + offset) % size) * step


def as_json_number(number: Fraction) -> int | float | None:
    """Return the number as a JSON value, or None if it is too large.

    A whole number beyond 64 bits becomes a float, as it does when orjson reads it.
    """
    if number.denominator == 1 and abs(number.numerator) < 1 << 63:
        return number.numerator
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if isfinite(value) else None


def number_candidates(
    name: str, bounds: Bounds, whole: bool, rng: Rng, variety: int, fractional: bool
) -> Iterator[int | float]:
    """Yield numbers within the bounds. With `fractional`, numbers that are not whole come first if they are allowed."""
    known = NUMBERS.get(table_key(name), ())
    if known and not variety and not fractional:
        start = rng.below(len(known))
        for value in known[start:] + known[:start]:
            candidate = floor(value) if whole else value
            if bounds.admit(Fraction(str(candidate))):
                yield candidate
    steps = [*bounds.steps, Fraction(1)] if whole else list(bounds.steps)
    if steps:
        # The least common multiple of fractions: bring them to one denominator, then take that of the numerators.
        scale = lcm(*(step.denominator for step in steps))
        grids = [Fraction(lcm(*(int(step * scale) for step in steps)), scale)]
    else:
        grids = [Fraction(1, 10**digits) for digits in (0, 1, 2, 4, 8, 16, 32)]
    if fractional and not steps:
        half = Bounds(bounds.low, bounds.high, True, True)
        for number in _on_grid(half, Fraction(1), rng, variety):
            for shifted in (number + Fraction(1, 2), number - Fraction(1, 2)):
                if bounds.admit(shifted) and (half_way := as_json_number(shifted)) is not None:
                    yield half_way
        grids = grids[1:]
    for grid in grids:
        for number in _on_grid(bounds, grid, rng, variety):
            if (round_one := as_json_number(number)) is not None:
                yield round_one
