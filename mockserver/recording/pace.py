"""Measured times in the words of `pace`, rounded to what a person would write: `340ms`, `1.2s`, `40/s`."""

from math import floor, log10

SHORTEST = 0.02
"""Seconds up to which a wait is the network's and not the model's."""


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
