"""One test for each promise of the gateway, and one for the run as a whole."""

from typing import TYPE_CHECKING

import pytest

from mockserver.contracts.promises import PROMISES
from mockserver.gate.reports.curl import curl

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun


@pytest.mark.parametrize("name", list(PROMISES))
def test_promise(name: str, run: "GateRun") -> None:
    """Check that the gateway keeps the promise."""
    entry = run.results.entries.get(name)
    if entry is None or entry.state in ("not examined", "not offered"):
        pytest.skip(entry.reason if entry else "left out by an option")
    if entry.state == "error":
        pytest.fail(f"the gate itself failed: {entry.reason}", pytrace=False)
    if entry.state == "accepted":
        pytest.xfail(f"accepted by the baseline {entry.accepted}")
    if entry.state == "broken":
        lines = [f"{entry.promise.sentence} [{entry.promise.source}]"]
        for deviation in entry.deviations:
            lines.append(f"got: {deviation.got}")
            if deviation.exchange is not None:
                lines.append(curl(run.settings.url, deviation.exchange.request))
        pytest.fail("\n".join(lines), pytrace=False)


def test_the_run_was_finished_and_nothing_is_left_to_complain_of(run: "GateRun") -> None:
    """Check that the run was finished, the baseline is up to date, and enough was examined."""
    if run.trouble:
        pytest.fail("\n".join(run.trouble), pytrace=False)
