"""The coverage of the gateway in pytest: `--gateway-coverage` and its options. Registered only if one is given.

Each process has a recorder that every server of it reports to. A worker of pytest-xdist hands its coverage to the
controller, which merges them, adds that of the file of `--gateway-coverage-append`, and reports.
"""

from pathlib import Path

import pytest

from mockserver.core.errors import MockserverError, OperatorError
from mockserver.coverage.documented import documented_situations
from mockserver.coverage.html import render
from mockserver.coverage.project_turns import project_turns
from mockserver.coverage.report import CoverageReport, lines, whole_percent
from mockserver.coverage.storage import append, write
from mockserver.coverage.value import from_json
from mockserver.files.contract import load_contract, split_names
from mockserver.testing import server_thread
from mockserver.testing.coverage_recorder import CoverageRecorder

ANSWER = "gateway_coverage"
"""The key under which a worker hands over its coverage."""


class GatewayCoveragePlugin:
    """The hooks of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._recorder = CoverageRecorder(config.rootpath)
        self._omitted = split_names(config.getoption("--gateway-coverage-omit") or ())
        self._report: CoverageReport | None = None
        self._trouble = ""
        try:
            self._situations = documented_situations(load_contract(), self._omitted)
        except OperatorError as error:
            raise pytest.UsageError(f"--gateway-coverage-omit: {error}") from None
        server_thread.STARTED.append(self._recorder.watch)

    def pytest_unconfigure(self) -> None:
        """Stop watching the servers of this process."""
        server_thread.STARTED.remove(self._recorder.watch)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Note the place of the test that runs."""
        file, line, _ = item.location
        self._recorder.test = file, (line or 0) + 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Merge the coverage of a worker of pytest-xdist that has ended."""
        text = getattr(node, "workeroutput", {}).get(ANSWER)
        if text is not None:  # a worker that crashed has none
            self._recorder.coverage = self._recorder.coverage.merge(from_json(text.encode(), "worker"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over a worker's coverage; elsewhere write the files, and fail a run that covers too little."""
        output: dict[str, object] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[ANSWER] = self._recorder.coverage.to_json().decode()
            return
        try:
            self._report = self._made_report()
        except MockserverError as error:
            self._trouble = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
            return
        least = self._config.getoption("--gateway-coverage-fail-under")
        if least is not None and self._report.percent < least:
            self._trouble = (
                f"Coverage of the gateway is {whole_percent(self._report.percent)} %; "
                f"--gateway-coverage-fail-under demands {least:g} %."
            )
            if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _made_report(self) -> CoverageReport:
        """Return the report of the run, its files written. Raises `OperatorError` for a file that is not writable."""
        config, coverage = self._config, self._recorder.coverage
        appended, page = (config.getoption(f"--gateway-coverage-{name}") for name in ("append", "html"))
        if appended is not None:
            coverage = append(Path(appended), coverage)
        folders = [config.rootpath / name for name in config.getoption("--gateway-coverage-source") or ["."]]
        turns = project_turns(config.rootpath, folders, config.getini("norecursedirs"))
        report = CoverageReport(coverage, self._situations, turns)
        if page is not None:
            write(Path(page), render(report))
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        terminalreporter.section("gateway coverage")
        for line in lines(self._report) if self._report is not None else ():
            terminalreporter.write_line(line)
        if self._trouble:
            terminalreporter.write_line(self._trouble, red=True)
