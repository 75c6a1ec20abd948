"""A baseline accepts the deviations that it lists, and no others of the same promise."""

import datetime
from pathlib import Path

import pytest

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.core.errors import OperatorError
from mockserver.gate import baseline
from mockserver.gate.results import RunResults

TODAY = datetime.date(2026, 11, 27)
OLD = "- {promise: wrong-type, since: 2026-01-01, why: an old proxy}\n"
NEW = OLD.replace("}", ", deviations: ['chat: status 422, expected 400']}")


def seen(*statuses: int) -> RunResults:
    """Return the results of a run in which a wrong type was answered with these statuses."""
    results = RunResults()
    for status in statuses:
        exchange = CheckedExchange(SentRequest("POST", "/x"), ReceivedResponse(status), "chat")
        results.add_result("wrong-type", False, f"status {status}, expected 400", exchange)
    return results


def judged(results: RunResults, content: str, folder: Path) -> baseline.BaselineNews:
    """Apply a baseline with this content."""
    file = folder / "baseline.yaml"
    file.write_text(content)
    return baseline.apply(results, baseline.read(file), TODAY)


def test_a_listed_deviation_is_accepted(tmp_path: Path) -> None:
    results = seen(422)
    assert judged(results, NEW, tmp_path) == baseline.BaselineNews([], [])
    assert results.entries["wrong-type"].state == "accepted"


def test_a_new_deviation_of_the_same_promise_is_not_hidden(tmp_path: Path) -> None:
    results = seen(422, 200)
    judged(results, NEW, tmp_path)
    entry = results.entries["wrong-type"]
    assert entry.state == "broken"
    assert [deviation.got for deviation in entry.deviations] == ["status 200, expected 400"]


def test_an_entry_of_an_older_version_accepts_everything_and_is_told(tmp_path: Path) -> None:
    results = seen(422, 200)
    news = judged(results, OLD, tmp_path)
    assert results.entries["wrong-type"].state == "accepted"
    assert news.complaints == []
    assert "hides new ones; --write-baseline lists them" in news.notes[0]


def test_a_listed_deviation_that_is_gone_is_told(tmp_path: Path) -> None:
    news = judged(seen(200), NEW, tmp_path)
    assert "not seen in this run: chat: status 422, expected 400" in news.notes[0]


def test_what_is_written_accepts_what_was_seen_and_no_more(tmp_path: Path) -> None:
    written = baseline.write(seen(422), [], TODAY)
    assert judged(seen(422), written, tmp_path) == baseline.BaselineNews([], [])
    other = seen(500)
    judged(other, written, tmp_path)
    assert other.entries["wrong-type"].state == "broken"


def test_an_entry_accepts_single_deviations(tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text(NEW)
    entry = baseline.read(file)[0]
    exchange = CheckedExchange(SentRequest("POST", "/x"), ReceivedResponse(422), "chat")
    assert entry.accepts(Deviation("wrong-type", "status 422, expected 400", exchange))
    assert not entry.accepts(Deviation("wrong-type", "status 500, expected 400", exchange))
    assert not entry.accepts(Deviation("missing-field", "status 422, expected 400", exchange))


def test_a_mistake_in_the_deviations_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="deviations: expected a list of texts"):
        judged(seen(422), OLD.replace("}", ", deviations: 7}"), tmp_path)
