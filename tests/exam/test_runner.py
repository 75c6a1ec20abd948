"""The exam as a whole, without processes: a good client passes, and each bad one fails exactly where it is bad."""

from pathlib import Path

import pytest

from mockserver.core.errors import OperatorError
from mockserver.exam.cases import read_cases
from mockserver.exam.clients import ClientTask
from mockserver.exam.grades import grade
from mockserver.exam.results import ClientEnd, ExamRun
from mockserver.exam.runner import Examiner, ExamSettings
from tests.support.exam_client import HABITS, StudiedClient

FAILS: dict[str, set[str]] = {
    "": set(),
    "retries 402": {"no-credits", "credits-run-out-in-a-tool-loop"},
    "ignores retry-after": {
        "rate-limited-once",
        "rate-limited-twice",
        "rate-limited-for-ever",
        "rate-limited-in-mid-run",
        "model-loading",
    },
    "accepts truncated streams": {
        "cut-before-the-first-event",
        "cut-before-the-stop-reason",
        "cut-in-a-tool-call",
        "cut-in-the-text",
        "quiet-end",
        "reset-in-the-text",
    },
    "leaks its key": {"key-kept-secret", "key-kept-secret-in-errors"},
}
"""Habit -> the cases that must fail."""


NOT_APPLICABLE = {"credits-gone-later", "silent-for-ever", "stalls-for-ever", "cut-in-the-body"}
"""Cases that do not concern a streaming tool loop whose time limit is not known; all others come about."""


def hold(habit: str) -> ExamRun:
    return Examiner(StudiedClient(habit), read_cases(), ExamSettings(jobs=8, virtual=True)).hold()


@pytest.mark.parametrize("habit", ["", *HABITS])
def test_a_client_fails_exactly_where_it_is_bad(habit: str) -> None:
    run = hold(habit)
    failed = {result.case.name: [finding.name for finding in result.findings] for result in run.of("fail")}
    assert set(failed) == FAILS[habit], failed
    assert (run.of("error"), run.stopped) == ([], "")
    assert {result.case.name for result in run.of("not applicable")} == NOT_APPLICABLE
    assert run.exit_code == int(bool(habit))
    assert (grade(run.results) == "A") == (not habit)


class BrokenClient(StudiedClient):
    """A good client, until a case for which `error` is raised; it keeps what the URL file had."""

    def __init__(self, error: BaseException | None = None, url_file: Path | None = None) -> None:
        super().__init__()
        self._error = error
        self._url_file = url_file
        self._runs = 0
        self.files: list[str] = []

    def run(self, task: ClientTask) -> ClientEnd:
        """Do the work once, if it is the good day's."""
        self._runs += 1
        if self._url_file is not None:
            self.files.append(self._url_file.read_text())
        if self._error is not None and self._runs > 1:
            raise self._error
        return super().run(task)


def hold_with(client: StudiedClient, *names: str, url_file: Path | None = None) -> ExamRun:
    cases = [case for case in read_cases() if case.name in ("good-day", *names)]
    return Examiner(client, cases, ExamSettings(jobs=1, virtual=True, url_file=url_file)).hold()


def test_a_mistake_of_the_exam_is_an_error_and_not_the_clients() -> None:
    run = hold_with(BrokenClient(OperatorError("cannot start 'agent'")), "no-credits")
    assert (run.results[1].state, run.results[1].reason, run.exit_code) == ("error", "cannot start 'agent'", 2)
    run = hold_with(BrokenClient(RuntimeError("oops")), "no-credits")
    assert (run.results[1].state, run.results[1].reason) == ("error", "a bug of the exam: RuntimeError: oops")


def test_an_interrupted_exam_has_the_results_so_far() -> None:
    run = hold_with(BrokenClient(KeyboardInterrupt()), "no-credits", "key-refused")
    assert (run.is_interrupted, run.stopped) == (True, "the exam was interrupted")
    assert [result.state for result in run.results] == ["pass", "error", "error"]
    assert run.results[2].reason == "not held: the exam was interrupted"


def test_a_client_that_cannot_be_started_ends_the_exam() -> None:
    client = BrokenClient(OperatorError("cannot start 'agent'"))
    client._runs = 1
    run = hold_with(client, "no-credits")
    assert (run.stopped, len(run.results), run.exit_code) == ("cannot start 'agent'", 1, 2)


def test_the_url_file_has_the_address_of_each_case_and_goes_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "mock.env"
    client = BrokenClient(url_file=file)
    hold_with(client, "no-credits", url_file=file)
    first, second = client.files
    assert "ANTHROPIC_API_KEY=sk_mock_" in first
    assert first != second
    assert not file.exists()
