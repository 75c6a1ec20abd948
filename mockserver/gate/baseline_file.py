"""The file of a baseline: known failures that are accepted, each by its name, with a date and a reason.

```yaml
- {case: quiet-end, since: 2026-11-20, why: the stream is read by a library, until: 2027-01-31}
```
The key of the name says what is accepted: `promise` in the gate's file, `case` in the exam's.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mockserver.core.errors import OperatorError, nearest


@dataclass(frozen=True)
class BaselineEntry:
    """One accepted failure. An entry past its `until` has no effect; `rest` has the keys that only some files know."""

    name: str
    since: datetime.date
    why: str
    until: datetime.date | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)  # Any: values of somebody's YAML file

    def is_expired(self, today: datetime.date) -> bool:
        """Return whether the entry has no effect any more."""
        return self.until is not None and self.until < today


def read_entries(
    file: Path, key: str, known: Collection[str], hint: str, more: Sequence[str] = ()
) -> list[BaselineEntry]:
    """Return the entries of a file. Raises `OperatorError` for a mistake in it.

    `hint` helps with an unknown name, and `more` are further keys that an entry may have.
    """
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperatorError(f"{file}: cannot be read: {error}") from None
    if not isinstance(loaded, list):
        raise OperatorError(f"{file}: expected a list of accepted deviations")
    entries = [_entry(f"{file}: entry {number}", key, more, value) for number, value in enumerate(loaded, 1)]
    for number, entry in enumerate(entries, 1):
        if entry.name not in known:
            near = nearest(entry.name, known)
            help = f"did you mean {near!r}?" if near else hint
            raise OperatorError(f"{file}: entry {number}: no {key} is named {entry.name!r}; {help}")
    twice = [name for name, count in Counter(entry.name for entry in entries).items() if count > 1]
    if twice:
        raise OperatorError(f"{file}: {twice[0]} has two entries")
    return entries


def _entry(
    where: str, key: str, more: Sequence[str], value: Any
) -> BaselineEntry:  # Any: a value of somebody's YAML file
    """Return one entry. Raises `OperatorError` for a mistake in it."""
    needed = {key, "since", "why"}
    if not isinstance(value, dict) or not needed <= set(value) or set(value) - needed - {"until", *more}:
        optional = " and ".join(["until", *more])
        raise OperatorError(f"{where}: expected the keys {key}, since and why, and optionally {optional}")
    for name in ("since", "until"):
        if type(value.get(name)) is not datetime.date and (name == "since" or value.get(name) is not None):
            raise OperatorError(f"{where}: {name}: expected a date, such as 2026-11-20")
    if not isinstance(value["why"], str) or not value["why"].strip():
        raise OperatorError(f"{where}: why: expected a reason")
    rest = {name: value[name] for name in more if name in value}
    return BaselineEntry(str(value[key]), value["since"], value["why"], value.get("until"), rest)


class _PlainDumper(yaml.SafeDumper):
    """Writes each value in full: two entries of one day are not one date and a reference to it."""

    def ignore_aliases(self, data: object) -> bool:
        """Return that nothing is referred to."""
        return True


def rows_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of a file with these entries, whatever keys they have."""
    return yaml.dump(rows, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)


def entries_text(key: str, entries: Iterable[BaselineEntry]) -> str:
    """Return the text of a file with these entries."""
    rows = [
        {key: entry.name, "since": entry.since, "why": entry.why, **({"until": entry.until} if entry.until else {})}
        for entry in entries
    ]
    return rows_text(rows)
