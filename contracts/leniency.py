"""Which invalid values common parsers turn into valid ones: a number in quotes, a whole number as 1.0, a switch as 1.

Only the type of a value may be wrong for that, and the value must be one that can be read as the other type.
"""

import copy
from typing import Any

from mockserver.contracts.document import SchemaValidator


def is_nearly_valid(validator: SchemaValidator, value: object) -> bool:
    """Return whether a value would be valid if each plain value of a wrong type were read as the right one."""
    places = validator.places(value)
    if not places or not all(places):
        return False
    changed = copy.deepcopy(value)
    return all(_is_readable(validator, changed, place) for place in places) and not validator.problems(changed)


def _is_readable(validator: SchemaValidator, value: Any, place: tuple[str | int, ...]) -> bool:
    """Put another reading of the value at a place there, and return whether one of them is valid."""
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    original = holder[place[-1]]
    if original is None and isinstance(holder, dict):  # null often stands for an absent field
        del holder[place[-1]]
        return True
    for reading in _readings(original):
        holder[place[-1]] = reading
        if place not in validator.places(value):
            return True
    holder[place[-1]] = original
    return False


def _readings(value: object) -> list[object]:
    """Return what a lenient parser may read in place of a plain value."""
    readings: list[object] = []
    if isinstance(value, bool):
        return [int(value), str(value).lower(), float(value)]
    if isinstance(value, int | float):
        readings = [
            str(value),
            *([int(value)] if value == value // 1 else []),
            *([bool(value)] if value in (0, 1) else []),
        ]
    if isinstance(value, str):
        text = value.strip().lower()
        readings = [text in ("true", "1", "yes", "on")] if text in SWITCHES else []
        for kind in (int, float):
            try:
                readings.append(kind(text))
            except (ValueError, OverflowError):
                continue
    return readings


SWITCHES = ("true", "false", "1", "0", "yes", "no", "on", "off")
