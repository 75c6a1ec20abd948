"""A baseline: what a gateway is known to change or lose, by case, with a date and a reason.

```yaml
- case: error-429
  since: 2026-11-27
  why: LiteLLM passes retry-after on under another name
  until: 2027-03-31
  facts: ['openai, whole: retry-after lost', 'openai, stream: retry-after lost']
```

Any other fact of the case fails the run. So does an entry past its `until`, and one whose case is kept again.
"""

import datetime
from collections.abc import Iterable
from pathlib import Path

from mockserver.core.errors import OperatorError
from mockserver.gate.baseline_file import BaselineEntry, read_entries, rows_text
from mockserver.gate.passage.cases import CASES
from mockserver.gate.passage.results import PassageResult, PassageRun


def read(file: Path) -> list[BaselineEntry]:
    """Return the entries of a file. Raises `OperatorError` for a mistake in it."""
    names = [case.name for case in CASES]
    entries = read_entries(file, "case", names, "docs/gateway-under-test.md lists the cases", more=("facts",))
    for entry in entries:
        facts = entry.rest.get("facts")
        if not isinstance(facts, list) or not all(isinstance(fact, str) for fact in facts):
            raise OperatorError(
                f"{file}: {entry.name}: facts: expected a list of texts, as --write-baseline writes them"
            )
    return entries


def apply(run: PassageRun, entries: Iterable[BaselineEntry], today: datetime.date) -> None:
    """Mark the results that are accepted, and let the run complain of entries that are out of date."""
    for entry in entries:
        results = [result for result in run.results if result.case.name == entry.name]
        if entry.is_expired(today):
            run.complaints.append(f"{entry.name}: accepted until {entry.until}, which has passed")
        elif any(result.facts for result in results):
            for result in results:
                if result.facts and set(_facts(result)) <= set(entry.rest["facts"]):
                    result.accepted = f"accepted since {entry.since}: {entry.why}"
        elif any(result.compared for result in results):
            run.complaints.append(f"{entry.name}: is kept now; remove its entry")


def write(run: PassageRun, entries: Iterable[BaselineEntry], today: datetime.date) -> str:
    """Return the file that accepts what changes or is lost now. Earlier entries keep their date, reason and end."""
    known = {entry.name: entry for entry in entries}
    lossy = [result for result in run.results if result.facts]
    rows = []
    for name in dict.fromkeys(result.case.name for result in lossy):
        facts = [fact for result in lossy if result.case.name == name for fact in _facts(result)]
        entry = known.get(name) or BaselineEntry(name, today, facts[0])
        until = {"until": entry.until} if entry.until else {}
        rows.append({"case": name, "since": entry.since, "why": entry.why, **until, "facts": facts})
    return rows_text(rows)


def _facts(result: PassageResult) -> list[str]:
    return [f"{result.wire}, {result.form}: {fact.kind}" for fact in result.facts]
