"""A baseline: deviations that are accepted, each by its promise, with a date and a reason.

```yaml
- promise: error-dialect
  since: 2026-11-20
  why: the old proxy answers in OpenAI's form
  until: 2027-01-31
  deviations: ['messages: type is … beside the error object']
```

`deviations` are fingerprints: the operation, and the kind of deviation. Any other deviation of the promise is new, and
fails the run. An entry without them, as older versions wrote it, accepts whatever breaks its promise; the run says so.
An entry past its `until` has no effect. When a promise is kept again, its entry must leave the file: otherwise the
promise could break once more unnoticed.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.contracts.check import Deviation
from mockserver.contracts.promises import PROMISES
from mockserver.core.errors import OperatorError
from mockserver.gate.baseline_file import BaselineEntry, read_entries, rows_text
from mockserver.gate.causes import fingerprint
from mockserver.gate.results import PromiseResult, RunResults


@dataclass(frozen=True)
class AcceptedDeviation:
    """One entry. `deviations` are the accepted fingerprints; None accepts every deviation of the promise."""

    promise: str
    since: datetime.date
    why: str
    until: datetime.date | None = None
    deviations: frozenset[str] | None = None

    def accepts(self, deviation: Deviation) -> bool:
        """Return whether the entry accepts a deviation."""
        is_known = self.deviations is None or str(fingerprint(deviation)) in self.deviations
        return deviation.promise == self.promise and is_known


def read(file: Path) -> list[AcceptedDeviation]:
    """Return the entries of a file. Raises `OperatorError` for a mistake in it."""
    hint = "list the names with: mockserver contract promises"
    return [_deviation(file, entry) for entry in read_entries(file, "promise", PROMISES, hint, more=("deviations",))]


def _deviation(file: Path, entry: BaselineEntry) -> AcceptedDeviation:
    """Return one entry with the fingerprints that it accepts."""
    kinds = entry.rest.get("deviations")
    if kinds is not None and not (isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)):
        raise OperatorError(
            f"{file}: {entry.name}: deviations: expected a list of texts, as --write-baseline writes them"
        )
    known = None if kinds is None else frozenset(kinds)
    return AcceptedDeviation(entry.name, entry.since, entry.why, entry.until, known)


@dataclass(frozen=True)
class BaselineNews:
    """What a run says of its baseline: complaints make it fail, notes do not."""

    complaints: list[str]
    notes: list[str]


def apply(results: RunResults, accepted: Iterable[AcceptedDeviation], today: datetime.date) -> BaselineNews:
    """Mark the results that are accepted. Return what is wrong with the entries."""
    news = BaselineNews([], [])
    for entry in accepted:
        result = results.entries.get(entry.promise)
        if result is None:
            continue
        if entry.until is not None and entry.until < today:
            news.complaints.append(f"{entry.promise}: accepted until {entry.until}, which has passed")
        elif result.broken:
            _accept(result, entry, news)
        elif result.state == "kept":
            news.complaints.append(f"{entry.promise}: is kept now; remove its entry")
    return news


def _accept(result: PromiseResult, entry: AcceptedDeviation, news: BaselineNews) -> None:
    seen = frozenset(str(mark) for mark in result.sightings)
    known = seen if entry.deviations is None else entry.deviations
    result.accepted, result.known = f"since {entry.since}: {entry.why}", known
    if entry.deviations is None:
        hides = f"{entry.promise}: its entry lists no deviations, so it hides new ones"
        news.notes.append(f"{hides}; --write-baseline lists them")
    elif entry.deviations - seen:
        gone = ", ".join(sorted(entry.deviations - seen))
        news.notes.append(f"{entry.promise}: not seen in this run: {gone}; --write-baseline drops what is gone")


def write(results: RunResults, accepted: Iterable[AcceptedDeviation], today: datetime.date) -> str:
    """Return a baseline of everything that is broken now. Earlier entries keep their date, reason and end."""
    known = {entry.promise: entry for entry in accepted}
    entries = []
    for result in results.of("broken", "accepted"):
        first = result.deviations[0].got if result.deviations else "unknown"
        entry = known.get(result.name) or AcceptedDeviation(result.name, today, first)
        written: dict[str, Any] = {"promise": entry.promise, "since": entry.since, "why": entry.why}
        if entry.until is not None:
            written["until"] = entry.until
        entries.append(written | {"deviations": sorted(str(mark) for mark in result.sightings)})
    return rows_text(entries)
