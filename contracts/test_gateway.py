"""One test for each promise of the gateway, and one for the run as a whole."""

from typing import TYPE_CHECKING

import pytest

from mockserver.contracts.promises import PROMISES
from mockserver.gate.reports.curl import curl

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun


@pytest.mark.parametrize("name", list(PROMISES))
def test_promise(name: str, run: "GateRun") -> None:
    """The promise is kept."""
    entry = run.results.entries.get(name)
    if entry is None or entry.state == "not examined":
        pytest.skip(entry.why_not if entry else "left out")  # nothing of ours is skipped: it could not be examined
    if entry.state == "accepted":
        pytest.xfail(f"accepted by the baseline {entry.accepted}")
    if entry.state == "broken":
        told = [f"{entry.promise.sentence} [{entry.promise.source}]"]
        for finding in entry.findings:
            told.append(f"got: {finding.got}")
            if finding.exchange is not None:
                told.append(curl(run.settings.url, finding.exchange.request))
        pytest.fail("\n".join(told), pytrace=False)


def test_the_run_was_finished_and_nothing_is_left_to_complain_of(run: "GateRun") -> None:
    """Not stopped early, the baseline is up to date, and enough was examined."""
    complaints = [*([f"stopped early: {run.stopped}"] if run.stopped else []), *run.complaints]
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
