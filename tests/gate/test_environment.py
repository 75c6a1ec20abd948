"""The gate's options for pytest and schemathesis, from arguments and GATE_… variables."""

from pathlib import Path

import pytest

from mockserver.contracts.check import Deviation
from mockserver.contracts.promises import PROMISES
from mockserver.core.errors import OperatorError
from mockserver.gate.environment import rules_from, run_from

URL = "http://127.0.0.1:1"


def test_rules_leave_out_what_was_excluded_or_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    excluded, accepted, left = list(PROMISES)[:3]
    baseline = tmp_path / "baseline.yaml"
    baseline.write_text(f"- promise: {accepted}\n  since: 2026-01-01\n  why: known\n")
    monkeypatch.setenv("GATE_BASELINE", str(baseline))
    rules = rules_from([URL, "--exclude", excluded, "--short-sse"])
    assert [rules.in_force(name) for name in (excluded, accepted, left)] == [False, True, True]
    assert [entry.promise for entry in rules.accepted] == [accepted]
    assert rules.accepts(Deviation(accepted, "anything"))
    assert not rules.accepts(Deviation(left, "anything"))
    assert rules.short_sse
    assert rules.document.operations


def test_a_run_without_a_gateway_cannot_begin() -> None:
    with pytest.raises(OperatorError, match="cannot be examined"):
        run_from([URL, "--profile", "smoke"])
