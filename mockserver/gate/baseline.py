"""A baseline: deviations that are known and accepted, each by name, date and reason. New ones fail; healed ones too.

```yaml
- {promise: error-dialect, since: 2026-11-20, why: the old proxy answers in OpenAI's form, until: 2027-01-31}
```
An entry past its `until` counts no more. A promise that is kept again must leave the file: otherwise it could break
once more without anybody noticing.
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
class Accepted:
    """One accepted deviation."""

    promise: str
    since: datetime.date
    why: str
    until: datetime.date | None = None


def read(file: Path) -> list[Accepted]:
    """The entries of a file. Raises `OperatorError` for a mistake in it."""
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperatorError(f"{file}: cannot be read: {error}") from None
    if not isinstance(loaded, list):
        raise OperatorError(f"{file}: it must be a list of accepted deviations")
    found = [_entry(file, number, one) for number, one in enumerate(loaded, 1)]
    twice = [name for name, count in Counter(one.promise for one in found).items() if count > 1]
    if twice:
        raise OperatorError(f"{file}: {twice[0]} is accepted twice")
    return found


def _entry(file: Path, number: int, one: Any) -> Accepted:
    where = f"{file}: entry {number}"
    if not isinstance(one, dict) or not {"promise", "since", "why"} <= set(one) or set(one) - KEYS:
        raise OperatorError(f"{where}: it has promise, since, why, and perhaps until")
    name = str(one["promise"])
    if name not in PROMISES:
        near = get_close_matches(name, PROMISES, 1)
        hint = f"did you mean {near[0]!r}?" if near else "`mockserver contract promises` lists them"
        raise OperatorError(f"{where}: no promise is named {name!r}; {hint}")
    for key in ("since", "until"):
        if type(one.get(key)) is not datetime.date and (key == "since" or one.get(key) is not None):
            raise OperatorError(f"{where}: {key} is a date, such as 2026-11-20")
    if not isinstance(one["why"], str) or not one["why"].strip():
        raise OperatorError(f"{where}: why is a reason in words")
    return Accepted(name, one["since"], one["why"], one.get("until"))


def apply(results: RunResults, accepted: Iterable[Accepted], today: datetime.date) -> list[str]:
    """Mark what is accepted; say which entries must leave the file."""
    stale = []
    for one in accepted:
        entry = results.entries.get(one.promise)
        if entry is None:
            continue
        if one.until is not None and one.until < today:
            stale.append(f"{one.promise}: accepted until {one.until}, which is over")
        elif entry.broken:
            entry.accepted = f"since {one.since}: {one.why}"
        elif entry.examined:
            stale.append(f"{one.promise}: it is kept now; take it out of the baseline")
    return stale


def write(results: RunResults, accepted: Iterable[Accepted], today: datetime.date) -> str:
    """A baseline of everything that is broken now; what was accepted before keeps its date, reason and end."""
    known = {one.promise: one for one in accepted}
    entries = []
    for entry in results.of("broken", "accepted"):
        name = entry.promise.name
        one = known.get(name) or Accepted(name, today, entry.findings[0].got if entry.findings else "not said")
        entries.append({key: value for key, value in asdict(one).items() if value is not None})
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120)
