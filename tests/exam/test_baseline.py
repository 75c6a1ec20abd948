"""The baseline: known failures are accepted, and entries that are out of date are complaints."""

import datetime
from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.exam.baseline import KEY, accept, baseline_of
from mockserver.gate.baseline_file import BaselineEntry, read_entries
from tests.exam.support import run_of

DAY = datetime.date(2026, 11, 27)
NAMES = ["case-0", "case-1", "case-2"]


def test_a_listed_failure_is_accepted() -> None:
    run = run_of("pass", "fail")
    assert accept(run, [BaselineEntry("case-1", DAY, "known"), BaselineEntry("gone", DAY, "old")], DAY) == []
    assert (run.results[1].state, run.results[1].reason) == ("accepted", "accepted since 2026-11-27: known")
    assert run.exit_code == 0


def test_an_entry_that_is_out_of_date_is_a_complaint() -> None:
    run = run_of("pass", "fail", "not applicable")
    entries = [BaselineEntry(name, DAY, "known") for name in NAMES]
    entries[1] = BaselineEntry("case-1", DAY, "known", until=DAY - datetime.timedelta(days=1))
    assert accept(run, entries, DAY) == [
        "case-0: passes now; remove its entry",
        "case-1: accepted until 2026-11-26, which has passed",
    ]
    assert run.results[1].state == "fail"


def test_a_written_baseline_accepts_the_run(tmp_path: Path) -> None:
    file, kept = tmp_path / "known.yaml", BaselineEntry("case-2", DAY, "long known", until=DAY)
    run = run_of("pass", "fail", "fail")
    file.write_text(baseline_of(run, [kept], DAY), encoding="utf-8")
    entries = read_entries(file, KEY, NAMES, "")
    assert [(entry.name, entry.why[:5], entry.until) for entry in entries] == [
        ("case-1", "a 402", None),
        ("case-2", "long ", DAY),
    ]
    assert accept(run, entries, DAY) == []
    assert run.exit_code == 0


WRONG = {
    "[{case: case-9, since: 2026-01-01, why: x}]": "entry 1: no case is named 'case-9'; did you mean 'case-",
    "[{case: zzz, since: 2026-01-01, why: x}]": "entry 1: no case is named 'zzz'; ask",
    "[{since: 2026-01-01, why: x}]": "expected the keys case, since and why, and optionally until",
    "[{case: case-0, since: soon, why: x}]": "since: expected a date",
    "[{case: case-0, since: 2026-01-01, why: ''}]": "why: expected a reason",
    "[{case: case-0, since: 2026-01-01, why: x}, {case: case-0, since: 2026-01-01, why: x}]": "case-0 has two entries",
    "{}": None,
    "{a: 1}": "expected a list",
    "[": "cannot be read",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_in_the_file_is_one_message(tmp_path: Path, text: str) -> None:
    file, message = tmp_path / "known.yaml", WRONG[text]
    file.write_text(text, encoding="utf-8")
    if message is None:
        assert read_entries(file, KEY, NAMES, "ask") == []
        return
    with pytest.raises(OperatorError, match=message):
        read_entries(file, KEY, NAMES, "ask")
