"""Known failures of a client, accepted by the name of the case. When a case passes again, its entry must go."""

import datetime
from collections.abc import Iterable

from mockserver.exam.results import ExamRun
from mockserver.gate.baseline_file import BaselineEntry, entries_text

KEY = "case"
"""The key of an entry that has its name."""


def accept(run: ExamRun, entries: Iterable[BaselineEntry], today: datetime.date) -> list[str]:
    """Mark the failures that are accepted. Return a complaint for each entry that must leave the file."""
    results = {result.case.name: result for result in run.results}
    stale = []
    for entry in entries:
        result = results.get(entry.name)
        if result is None:
            continue
        if entry.is_expired(today):
            stale.append(f"{entry.name}: accepted until {entry.until}, which has passed")
        elif result.state == "fail":
            result.state = "accepted"
            result.reason = f"accepted since {entry.since}: {entry.why}"
        elif result.state == "pass":
            stale.append(f"{entry.name}: passes now; remove its entry")
    return stale


def baseline_of(run: ExamRun, entries: Iterable[BaselineEntry], today: datetime.date) -> str:
    """Return the file that accepts everything that fails now. Earlier entries keep their date, reason and end."""
    known = {entry.name: entry for entry in entries}
    kept = []
    for result in run.of("fail", "accepted"):
        name = result.case.name
        kept.append(known.get(name) or BaselineEntry(name, today, result.findings[0].evidence))
    return entries_text(KEY, kept)
