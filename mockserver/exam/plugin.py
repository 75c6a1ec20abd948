"""The exam inside pytest: `@pytest.mark.gateway_exam` on a test that drives the client runs it once per case.

```python
@pytest.mark.gateway_exam(only=["credits", "rate limits"])
def test_my_agent(gateway):
    run_my_agent(base_url=gateway.url, api_key=gateway.key)
```

The fixture `gateway` plays the case, on a real clock. An error that the test raises is the failure that the client
reports, like an exit code. A failed case fails the test with its evidence; one that does not concern it is skipped.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from mockserver.testing.plugin import GATEWAYS

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from mockserver.exam.cases import ExamCase
    from mockserver.exam.results import CaseResult, ClientEnd

MARKER = "gateway_exam"

OPTIONS = ("only", "exclude", "cases", "seed", "clock", "time_limit")
"""The arguments of the marker."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    names = ", ".join([f"{name}=…" for name in OPTIONS])
    config.addinivalue_line("markers", f"{MARKER}({names}): run the test once per case of the resilience exam.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each case of a test with the marker. A wrong argument fails the collection with one message."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is None:
        return
    from mockserver.core.errors import MockserverError

    if "gateway" not in metafunc.fixturenames:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: @pytest.mark.{MARKER} needs the fixture gateway")
    try:
        cases = _cases(marker)
    except MockserverError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: @pytest.mark.{MARKER}: {error}") from None
    metafunc.parametrize("gateway", [_parameter(case, marker) for case in cases], indirect=True)


def _cases(marker: pytest.Mark) -> list[ExamCase]:
    from mockserver.core.errors import OperatorError, did_you_mean
    from mockserver.exam.cases import choose_cases, read_cases

    for name in marker.kwargs:
        if name not in OPTIONS:
            raise OperatorError(f"unknown argument '{name}'; {did_you_mean(name, OPTIONS)}")
    folders = [Path(folder) for folder in _listed(marker.kwargs.get("cases"))]
    chosen = choose_cases(
        read_cases(folders), _listed(marker.kwargs.get("only")), _listed(marker.kwargs.get("exclude"))
    )
    limit = marker.kwargs.get("time_limit")
    return [case for case in chosen if limit is not None or "time_limit" not in case.header.needs]


def _listed(value: object) -> Sequence[str]:
    """Return one text or path, or several, as a list."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple | set) else [str(value)]


def _parameter(case: ExamCase, marker: pytest.Mark) -> Any:  # Any: pytest does not export the type
    plays = pytest.mark.gateway(scenario=case.scenario, seed=marker.kwargs.get("seed", "0"))
    return pytest.param(case, id=case.name, marks=plays)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the client of a case: its requests, and the error that the test has raised, if any."""
    marker = item.get_closest_marker(MARKER)
    gateway = item.stash.get(GATEWAYS, None)
    if marker is None or gateway is None or not isinstance(item, pytest.Function):
        return (yield)
    from mockserver.exam.judge import judge_case
    from mockserver.journal.client_rules import ClientLimits

    case = cast("ExamCase", item.callspec.params["gateway"])
    if marker.kwargs.get("clock", "real") == "real":
        gateway.clock.use_real_time()
    error: Exception | None = None
    began = time.monotonic()
    try:
        yield
    except Exception as raised:
        error = raised
    end = _ended(case, error, time.monotonic() - began, _captured(item))
    limits = ClientLimits(read_timeout=marker.kwargs.get("time_limit"))
    result = judge_case(case, list(gateway.journal), end, gateway.key, limits)
    if result.state == "not applicable":
        pytest.skip(result.reason)
    if result.state == "fail":
        pytest.fail(_report(result, error), pytrace=False)
    return None


def _ended(case: ExamCase, error: Exception | None, seconds: float, output: str) -> ClientEnd:
    """Return how the client ended: an error of the test is the failure that it reports."""
    from mockserver.exam.judge import overtime
    from mockserver.exam.results import ClientEnd

    within = case.header.judge.within
    said = "" if error is None else f"{type(error).__name__}: {error}"
    stopped = overtime(within) if seconds > within else ""
    return ClientEnd(int(error is not None), f"{output}{said}", seconds, said[:200], stopped)


def _captured(item: pytest.Item) -> str:
    """Return what the test has printed so far; it stays in the test's report."""
    capture = item.config.pluginmanager.getplugin("capturemanager")
    if capture is None or not capture.is_globally_capturing():
        return ""
    texts = capture.read_global_capture()
    for name, text in zip(("stdout", "stderr"), texts, strict=True):
        if text:
            item.add_report_section("call", name, text)
    return "".join(texts)


def _report(result: CaseResult, error: Exception | None) -> str:
    """Return what the gateway did, what was found and what to change, and the timeline."""
    from mockserver.exam.reports.terminal import explain

    raised = [f"  raised    {type(error).__name__}: {error}"] if error is not None else []
    return "\n".join([f"exam case {result.case.name}", *explain(result), *raised, result.timeline])
