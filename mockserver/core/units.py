"""Units in YAML: `300ms`, `40/s`, `10%`. Each parses to a plain number, in one documented unit.

A value that does not parse is one error that says what was expected. `unit_fields` makes field types of them.
"""

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DAYS = re.compile(r"(\d{1,5})\s*d")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|min|h)")
_PER_SECOND = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")

LONGEST = 30 * 86400.0
"""The longest duration, thirty days in seconds: anything longer is a typo, and clocks stay finite."""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def parse_duration(value: object) -> float:
    """Return the seconds of `300ms`, `5s`, `2m`, `1h`, `1d`, or a number of seconds. Raises `ValueError`."""
    seconds = _number(value)
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        seconds = float(match[1]) * _SECONDS[match[2] or "s"]
    if seconds is None or not 0 <= seconds <= LONGEST:
        raise ValueError("expected a duration such as 300ms, 5s, 2m or 1h (at most 30 days)")
    return seconds


def parse_days(value: object) -> int:
    """Return the days of `90d`. Raises `ValueError`."""
    if isinstance(value, str) and (match := _DAYS.fullmatch(value.strip())):
        return int(match[1])
    raise ValueError("expected a number of days such as 90d")


def parse_rate(value: object) -> float:
    """Return the number per second of `40/s`, `600/m`, or a number per second. Raises `ValueError`."""
    rate = _number(value)
    if isinstance(value, str) and (match := _RATE.fullmatch(value.strip())):
        rate = float(match[1]) / _PER_SECOND[match[2]]
    if rate is None or not 0 < rate <= 1e6:
        raise ValueError("expected a rate above zero such as 40/s or 600/m")
    return rate


def parse_share(value: object) -> float:
    """Return the share from 0 to 1 of `10%`, or of a number from 0 to 1. Raises `ValueError`."""
    share = _number(value)
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value.strip())):
        share = float(match[1]) / 100
    if share is None or not 0 <= share <= 1:
        raise ValueError("expected a share such as 10%, or a number from 0 to 1")
    return share


def parse_times(value: object) -> int | None:
    """Return a whole number from 1, or None for `always`. Raises `ValueError`."""
    if value == "always":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError("expected a whole number from 1, or always")
