"""Derived randomness: numbers that look random and depend only on the parts that seed them.

Law: ids, generated text, jitter and chaos come from (seed, session, turn, hit). A `Rng` is seeded with a hash of such
parts; the same parts give the same numbers on every machine and in every process, and no global generator is used. The
generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one 64-bit state,
good enough for everything but cryptography, and three lines long.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import cos, log, pi, sqrt
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def digest(*parts: object) -> int:
    """Return a 64-bit number that depends on every part and on their order. Parts count by their text."""
    return int.from_bytes(blake2b(_joined(parts), digest_size=8).digest())


def token(*parts: object, length: int = 22) -> str:
    """Return an id of `length` hexadecimal digits (at most 128), derived from the parts."""
    return blake2b(_joined(parts), digest_size=(length + 1) // 2).hexdigest()[:length]


class NumberedTokens:
    """Ids that differ in one of their parts, a number: `of(n)` returns `token(*before, n, *after)`."""

    __slots__ = ("_form",)

    def __init__(self, before: tuple[object, ...], after: tuple[object, ...] = ()) -> None:
        left, right = [_joined(parts).replace(b"%", b"%%") for parts in ((*before, ""), ("", *after))]
        self._form = left + b"%d" + right

    def of(self, number: int) -> str:
        """Return the id with this number."""
        return blake2b(self._form % number, digest_size=11).hexdigest()


def joined(*parts: object) -> str:
    """Return parts as one part, which counts as they do one after another."""
    return "\x1f".join(map(str, parts))


def _joined(parts: tuple[object, ...]) -> bytes:
    text = "\x1f".join(map(str, parts))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _mixed(state: int) -> int:
    """Return the number of a state."""
    mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def draw(*parts: object) -> float:
    """Return a number from 0 up to, but without, 1: what `Rng(*parts).unit()` returns first."""
    return (_mixed((digest(*parts) + _STEP) & _MASK) >> 11) / (1 << 53)


class NumberedDraws:
    """Numbers from 0 up to 1 that differ in the last of their parts: `of(n)` returns `draw(*before, n)`."""

    __slots__ = ("_form",)

    def __init__(self, *before: object) -> None:
        self._form = _joined((*before, "")).replace(b"%", b"%%") + b"%d"

    def of(self, number: int) -> float:
        """Return the draw of this number."""
        state = int.from_bytes(blake2b(self._form % number, digest_size=8).digest())
        return (_mixed((state + _STEP) & _MASK) >> 11) / (1 << 53)


class Rng:
    """A generator of numbers that derive from its parts."""

    __slots__ = ("_state",)

    def __init__(self, *parts: object) -> None:
        self._state = digest(*parts)

    def roll(self) -> int:
        """Return the next number, from 0 to 2**64 - 1."""
        self._state = (self._state + _STEP) & _MASK
        return _mixed(self._state)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to `limit` - 1; `limit` is at least 1."""
        return self.roll() % limit

    def unit(self) -> float:
        """Return a number from 0 up to, but without, 1."""
        return (self.roll() >> 11) / (1 << 53)

    def between(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`, all equally likely."""
        return low + (high - low) * self.unit()

    def normal(self, mean: float, deviation: float) -> float:
        """Return a number of a normal distribution (Box-Muller, the cosine half)."""
        radius = sqrt(-2.0 * log(1.0 - self.unit()))
        return mean + deviation * radius * cos(2.0 * pi * self.unit())

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items, all equally likely."""
        return items[self.below(len(items))]
