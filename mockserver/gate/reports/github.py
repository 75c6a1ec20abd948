"""Workflow commands of GitHub Actions: an annotation for each broken promise."""

from collections.abc import Iterator

from mockserver.gate.reports.places import Places, message
from mockserver.gate.runner import GateRun


def lines(run: GateRun) -> Iterator[str]:
    """Yield an error for each broken promise, and for every other reason to fail."""
    places = Places(run.settings.contract)
    for entry in run.results.of("broken"):
        at = f"file={_property(places.file)},line={places.line(entry)}"
        yield f"::error {at},title={_property(f'contract: {entry.promise.name}')}::{_data(message(entry))}"
    stopped = [f"stopped early: {run.stopped}"] if run.stopped else []
    for words in (*stopped, *run.complaints):
        yield f"::error title={_property('contract')}::{_data(words)}"


def _data(text: str) -> str:
    """Return a message, escaped as GitHub's own toolkit escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
