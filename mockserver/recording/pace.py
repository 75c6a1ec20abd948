"""Measured times in the words of `pace`, rounded to what a person would write: `340ms`, `1.2s`, `40/s`.

A silence much longer than the others is the fault `stall` at its place, and no part of the rate.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10
from statistics import median

import msgspec

SHORTEST = 0.02
"""Seconds up to which a wait is the network's and not the model's."""

SILENCE, LONGER = 1.0, 8.0
"""The least seconds of a stall, and the least ratio to the other waits of its stream."""


class Timing(msgspec.Struct, frozen=True):
    """When the pieces of a stream came: its pace, and the stalls in it."""

    pace: dict[str, object]
    faults: tuple[object, ...] = ()


def timing(pieces: Sequence[tuple[float, int]], end: float, deltas: int) -> Timing:
    """Return the timing of a stream whose pieces came at these seconds, each with its number of characters.

    `end` is when its last event came, and `deltas` how many pieces the mock cuts the same reply into. A stall stands
    where as much of the reply has come.
    """
    times = [at for at, _ in pieces]
    between = [later - earlier for earlier, later in pairwise(times)]
    usual = median(between) if between else 0.0
    longest = max(SILENCE, LONGER * usual)
    stalls: list[object] = []
    came, whole = 0, sum([size for _, size in pieces]) or 1
    for (_, size), wait in zip(pieces, [*between, end - times[-1]], strict=True):
        came += size
        if wait >= longest:
            before = round(deltas * came / whole)
            at, extra = (f"delta {before + 1}", wait - usual) if before < deltas else ("stop", wait)
            stalls.append({"stall": {"at": at, "for": duration(extra)}})
    flowing = sum([wait if wait < longest else usual for wait in between])
    return Timing(pace_words(times[0], flowing, deltas), tuple(stalls))


def pace_words(first: float, length: float, deltas: int) -> dict[str, object]:
    """Return the pace of an answer whose first delta came after `first` seconds and its last `length` seconds later.

    `deltas` is how many pieces the mock cuts the same answer into: its own number, so that the whole takes as long.
    """
    words: dict[str, object] = {}
    if first > SHORTEST:
        words["first"] = duration(first)
    if deltas > 1 and length > SHORTEST:
        words["rate"] = f"{plain(rounded((deltas - 1) / length))}/s"
    return words


def duration(seconds: float) -> str:
    """Return a duration as a person writes it, with two significant digits."""
    seconds = rounded(seconds)
    return f"{plain(seconds)}s" if seconds >= 1 else f"{plain(round(seconds * 1000, 3))}ms"


def rounded(value: float) -> float:
    """Return a number above zero with two significant digits."""
    return round(value, 1 - floor(log10(value)))


def plain(value: float) -> str:
    """Return a number without an exponent and without zeros that say nothing."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
