"""A baseline: deviations that are accepted, each by the name of its promise, with a date and a reason.

```yaml
- {promise: error-dialect, since: 2026-11-20, why: the old proxy answers in OpenAI's form, until: 2027-01-31}
``` An entry past its `until` has no effect. When a promise is kept again, its entry must leave the file: otherwise the
promise could break once more unnoticed.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from mockserver.contracts.promises import PROMISES
from mockserver.core.errors import OperatorError
from mockserver.gate.results import RunResults

KEYS = {"promise", "since", "why", "until"}


@dataclass(frozen=True)
class AcceptedDeviation:
    """One entry."""

    promise: str
    since: datetime.date
    why: str
    until: datetime.date | None = None


def read(file: Path) -> list[AcceptedDeviation]:
    """Return the entries of a file. Raises `OperatorError` for a mistake in it."""
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperatorError(f"{file}: cannot be read: {error}") from None
    if not isinstance(loaded, list):
        raise OperatorError(f"{file}: expected a list of accepted deviations")
    entries = [_entry(file, number, entry) for number, entry in enumerate(loaded, 1)]
    twice = [name for name, count in Counter(entry.promise for entry in entries).items() if count > 1]
    if twice:
        raise OperatorError(f"{file}: {twice[0]} has two entries")
    return entries


def _entry(file: Path, number: int, value: Any) -> AcceptedDeviation:
    """Return one entry. Raises `OperatorError` for a mistake in it."""
    where = f"{file}: entry {number}"
    if not isinstance(value, dict) or not {"promise", "since", "why"} <= set(value) or set(value) - KEYS:
        raise OperatorError(f"{where}: expected the keys promise, since and why, and optionally until")
    name = str(value["promise"])
    if name not in PROMISES:
        near = get_close_matches(name, PROMISES, 1)
        hint = f"did you mean {near[0]!r}?" if near else "list the names with: mockserver contract promises"
        raise OperatorError(f"{where}: no promise is named {name!r}; {hint}")
    for key in ("since", "until"):
        if type(value.get(key)) is not datetime.date and (key == "since" or value.get(key) is not None):
            raise OperatorError(f"{where}: {key}: expected a date, such as 2026-11-20")
    if not isinstance(value["why"], str) or not value["why"].strip():
        raise OperatorError(f"{where}: why: expected a reason")
    return AcceptedDeviation(name, value["since"], value["why"], value.get("until"))


def apply(results: RunResults, accepted: Iterable[AcceptedDeviation], today: datetime.date) -> list[str]:
    """Mark the results that are accepted. Return a complaint for each entry that must leave the file."""
    stale = []
    for deviation in accepted:
        result = results.entries.get(deviation.promise)
        if result is None:
            continue
        if deviation.until is not None and deviation.until < today:
            stale.append(f"{deviation.promise}: accepted until {deviation.until}, which has passed")
        elif result.broken:
            result.accepted = f"since {deviation.since}: {deviation.why}"
        elif result.examined:
            stale.append(f"{deviation.promise}: is kept now; remove its entry")
    return stale


def write(results: RunResults, accepted: Iterable[AcceptedDeviation], today: datetime.date) -> str:
    """Return a baseline of everything that is broken now. Earlier entries keep their date, reason and end."""
    known = {deviation.promise: deviation for deviation in accepted}
    entries = []
    for result in results.of("broken", "accepted"):
        name = result.promise.name
        deviation = known.get(name) or AcceptedDeviation(
            name, today, result.deviations[0].got if result.deviations else "unknown"
        )
        entries.append({key: value for key, value in asdict(deviation).items() if value is not None})
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120)
