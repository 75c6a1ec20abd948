"""Workflow commands of GitHub Actions: an annotation for each cause that breaks promises."""

from collections.abc import Iterator

from mockserver.gate.reports.places import Places, message
from mockserver.gate.reports.text import workflow_data, workflow_property
from mockserver.gate.runner import GateRun


def lines(run: GateRun) -> Iterator[str]:
    """Yield an error for each cause, and for every other reason to fail."""
    places = Places(run.settings.contract)
    for cause in run.results.causes():
        entry = run.results.entries[cause.promises[0]]
        title = f"contract: {entry.name}"
        words = message(entry)
        if len(cause.promises) > 1:
            title = f"contract: {len(cause.promises)} promises, one cause"
            words = f"{cause.what}. It breaks {', '.join(cause.promises)}"
        at = f"file={workflow_property(places.file)},line={places.line(entry)}," if places.file else ""
        yield f"::error {at}title={workflow_property(title)}::{workflow_data(words)}"
    for words in run.trouble:
        yield f"::error title={workflow_property('contract')}::{workflow_data(words)}"
    for words in run.notes:
        yield f"::notice title={workflow_property('contract')}::{workflow_data(words)}"
