r"""Text from a regular expression: a string that a JSON Schema `pattern` is likely to accept.

The pattern is read in the ECMA 262 dialect, which JSON Schema names, into a small tree, and the tree is written out
with an `Rng`. Rules:

- Nothing here matches anything, so no pattern can cause backtracking. The caller checks the text, with a limit.
- Open repeats are written short: their minimum plus `stretch`, which the caller raises for a longer text.
- Of the letters that a position allows, the most readable ones are used.
- A look-ahead is written out as if it consumed text (`through=True`) or left out; one of the two usually matches.
- Everything has a bound: `MAX_PATTERN`, `MAX_GROUPS`, `MAX_TEXT`. Beyond it, and for unknown syntax, `ValueError` is
  raised.

Evaluated first: rstr and exrex do the same from Python's own parser. rstr 3.2 picks from a `set` (another text under
another PYTHONHASHSEED), writes 2,000,000 letters for `^(((a+)+)+)+$` and stops at `\p{L}`; exrex is under the AGPL.
"""

import re
from functools import lru_cache

import msgspec

from mockserver.core.rng import Rng

MAX_PATTERN = 2_000  # letters in a pattern
MAX_GROUPS = 24  # groups inside groups
MAX_TEXT = 10_000  # letters in what is written

_Ranges = tuple[tuple[int, int], ...]

_READABLE = (
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "-_. @:/+,'!#$%&()*;<=>?[]^{|}~\"\\`\t\n\u00e5\u00e9\u00df\u0416\u03bb\u4e2d"
)
_LOWER, _UPPER, _DIGIT = (97, 122), (65, 90), (48, 57)
_SPACE: _Ranges = ((32, 32), (9, 13), (160, 160))
_WORD: _Ranges = (_LOWER, _DIGIT, _UPPER, (95, 95))
_NEWLINE: _Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
_CLASSES: dict[str, _Ranges] = {"d": (_DIGIT,), "s": _SPACE, "w": _WORD}
_PROPERTIES: dict[str, _Ranges] = {
    "L": (_LOWER, _UPPER, (0xC0, 0x24F)),
    "Ll": (_LOWER,),
    "Lu": (_UPPER,),
    "N": (_DIGIT,),
    "Nd": (_DIGIT,),
    "P": ((33, 35), (37, 42), (44, 47), (58, 59), (63, 64)),
    "S": ((36, 36), (43, 43), (60, 62), (94, 94)),
    "Z": ((32, 32),),
    "Zs": ((32, 32),),
}
_LONG_NAMES = {"Letter": "L", "Alphabetic": "L", "Lowercase": "Ll", "Uppercase": "Lu", "Number": "N", "Digit": "Nd"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d{1,6})(,(\d{0,6}))?\})[?+]?")
_GROUP = re.compile(r"\?(?:(:)|(=|!|<=|<!)|P?<(\w+)>)")
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_NAMED = re.compile(r"([pP])(?:([A-Z])|\{(?:\w+=)?(\w+)\})")


class _Set(msgspec.Struct, frozen=True):
    """One letter out of several."""

    letters: str


class _Repeat(msgspec.Struct, frozen=True):
    """A node that is repeated `least` to `most` times."""

    node: "_Node"
    least: int
    most: int


class _Group(msgspec.Struct, frozen=True):
    """Alternatives, each a sequence. `number` is set for a capturing group, `ahead` for a look-ahead."""

    alternatives: "tuple[tuple[_Node, ...], ...]"
    number: int = 0
    ahead: bool = False


class _Back(msgspec.Struct, frozen=True):
    """A reference back to the text of a capturing group."""

    number: int


_Node = _Set | _Repeat | _Group | _Back
_NOTHING = _Group(((),))


def _letters(ranges: _Ranges, negated: bool = False) -> str:
    """Return the readable letters of a class; for a class without any, its first letters."""
    letters = "".join(c for c in _READABLE if any(low <= ord(c) <= high for low, high in ranges) is not negated)
    if not letters and not negated:
        codes = (code for low, high in ranges for code in range(low, min(high + 1, low + 16)))
        letters = "".join(chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF)
    if not letters:
        raise ValueError("a class without letters")
    return letters


def _inverse(ranges: _Ranges) -> _Ranges:
    return tuple((ord(c), ord(c)) for c in _letters(ranges, negated=True))


class _Reader:
    """One pass over a pattern by recursive descent."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise ValueError("the pattern is too long")
        self.text = pattern
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.names: dict[str, int] = {}

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of an expression at the current position, and move behind it; None without a match."""
        match = expression.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        if self.at >= len(self.text):
            raise ValueError("the pattern ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self) -> tuple[tuple[_Node, ...], ...]:
        self.depth += 1
        if self.depth > MAX_GROUPS:
            raise ValueError("too many nested groups")
        alternatives: list[list[_Node]] = [[]]
        while self.peek() not in ("", ")"):
            if self.peek() == "|":
                self.at += 1
                alternatives.append([])
            else:
                alternatives[-1].append(self.quantified(self.atom()))
        self.depth -= 1
        return tuple(tuple(alternative) for alternative in alternatives)

    def quantified(self, node: _Node) -> _Node:
        quantifier = self.take(_QUANTIFIER)
        if not quantifier:
            return node
        sign, least, comma, most = quantifier.groups()
        if sign:
            return _Repeat(node, int(sign == "+"), 1 if sign == "?" else MAX_TEXT)
        low = int(least)
        return _Repeat(node, low, int(most) if most else MAX_TEXT if comma else low)

    def atom(self) -> _Node:
        letter = self.next()
        if letter in "^$":
            return _NOTHING
        if letter == ".":
            return _Set(_letters(_NEWLINE, negated=True))
        if letter == "(":
            return self.group()
        if letter == "[":
            return self.bracket()
        return self.escape() if letter == "\\" else _Set(letter)

    def group(self) -> _Node:
        opening = self.take(_GROUP)
        number = 0
        if not opening and self.peek() == "?":
            raise ValueError("unknown kind of group")
        if not opening or opening[3]:
            self.groups += 1
            number = self.groups
            if opening:
                self.names[opening[3]] = number
        node = _Group(self.alternatives(), number, bool(opening and opening[2] == "="))
        self.next()  # the closing parenthesis; without it the pattern ends here, which is an error
        return _NOTHING if opening and opening[2] in ("!", "<=", "<!") else node

    def escape(self) -> _Node:
        if self.peek() in ("b", "B"):
            self.at += 1
            return _NOTHING
        if self.peek() == "k" and (found := self.take(re.compile(r"k<(\w+)>"))):
            return _Back(self.names.get(found[1], 0))
        if found := self.take(re.compile(r"[1-9]\d?")):
            return _Back(int(found[0]))
        return _Set(_letters(self.escaped()))

    def escaped(self) -> _Ranges:
        """Return the letters of an escape, inside or outside a bracket, as code ranges."""
        if found := self.take(_NAMED):
            name = found[2] or found[3]
            ranges = _PROPERTIES.get(_LONG_NAMES.get(name, name))
            if ranges is None:
                raise ValueError(f"unknown property {name}")
            return _inverse(ranges) if found[1] == "P" else ranges
        if found := self.take(_CODE):
            code = min(int(found[1] or found[2] or found[3], 16), 0x10FFFF)
            return ((code, code),)
        letter = self.next()
        if letter.lower() in _CLASSES:
            ranges = _CLASSES[letter.lower()]
            return _inverse(ranges) if letter.isupper() else ranges
        code = ord(_CONTROLS.get(letter, letter))
        return ((code, code),)

    def bracket(self) -> _Node:
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while (letter := self.next()) != "]":
            first = self.escaped() if letter == "\\" else ((ord(letter), ord(letter)),)
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]") and len(first) == 1:
                self.at += 1
                letter = self.next()
                last = self.escaped() if letter == "\\" else ((ord(letter), ord(letter)),)
                first = ((first[0][0], last[0][1]),)
            ranges.extend(first)
        return _Set(_letters(tuple(ranges), negated))


@lru_cache(maxsize=256)
def _read(pattern: str) -> _Group:
    reader = _Reader(pattern)
    tree = _Group(reader.alternatives())
    if reader.at < len(pattern):
        raise ValueError("a group is closed but not opened")
    return tree


class _Writer:
    """One pass over a tree that writes a text for it."""

    def __init__(self, rng: Rng, stretch: int, through: bool) -> None:
        self.rng = rng
        self.stretch = stretch
        self.through = through
        self.captured: dict[int, str] = {}
        self.steps = MAX_TEXT

    def write(self, node: _Node) -> str:
        self.steps -= 1
        if self.steps < 0:
            raise ValueError("the text is too long")
        match node:
            case _Set(letters):
                # The letters are sorted by readability, so the first 26 of a wide class are what people type.
                return self.rng.choice(letters[:26])
            case _Repeat(inner, least, most):
                if least > MAX_TEXT:
                    raise ValueError("the text is too long")
                times = max(least, min(most, least + self.stretch))
                return "".join([self.write(inner) for _ in range(times)])
            case _Back(number):
                return self.captured.get(number, "")
            case _Group(alternatives, number, ahead):  # pragma: no branch - the last kind of node
                if ahead and not self.through:
                    return ""
                text = "".join([self.write(item) for item in self.rng.choice(alternatives)])
                if number:
                    self.captured[number] = text
                return text


def generate_text(pattern: str, rng: Rng, *, stretch: int = 2, through: bool = True) -> str:
    """Return one text for the pattern; the caller checks whether it matches.

    Raises `ValueError` for a pattern that is not supported or too large.
    """
    return _Writer(rng, stretch, through).write(_read(pattern))
