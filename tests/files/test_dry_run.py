"""The dry run's budget: small files that ask for huge answers are refused, with the place at which it was spent."""

from typing import Any

import pytest

from mockserver.core.actions import Data
from mockserver.engine.decision import Decision
from mockserver.files import dry_run as trying
from mockserver.files import loader
from mockserver.files.dry_run import TooMuchError, TrialBudget, dry_run
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.script import Script
from tests.support.engine import contract

TOO_MANY_BYTES = "trying out the file up to here makes more than 67,108,864 bytes; "
TOO_MANY_EVENTS = "trying out the file up to here makes more than 2,000,000 events; "
REMEDY = "use fewer or smaller faults, or shorter replies"


def script_of(*turns: str) -> Script:
    text = "scenario: test\nturns:\n" + "".join([f"  - {turn}\n" for turn in turns])
    script, problems = compile_scenario(loader.parse(text.encode(), "test.yaml").scenario, contract())
    assert problems == []
    return script


def faulted(*faults: str) -> str:
    return f"{{reply: a b c, faults: [{', '.join(faults)}]}}"


def test_fifty_large_events_are_refused_at_the_fault_that_spends_the_budget() -> None:
    [(path, message)] = dry_run(script_of("{reply: a}", faulted(*["large_event"] * 50)), contract())
    assert path[:3] == ("turns", 1, "faults")
    assert 1 < int(path[3]) < 20
    assert message == TOO_MANY_BYTES + REMEDY


def test_hundreds_of_faults_are_refused() -> None:
    [(path, message)] = dry_run(script_of(faulted(*["{duplicate: {at: 2}}"] * 500)), contract())
    assert path[:3] == ("turns", 0, "faults")
    assert message == TOO_MANY_EVENTS + REMEDY


def test_many_turns_with_large_answers_are_refused_at_one_of_them() -> None:
    [(path, message)] = dry_run(script_of(*[faulted("{pings: 10000}")] * 60), contract())
    assert 10 < int(path[1]) < 59
    assert message == TOO_MANY_EVENTS + REMEDY


@pytest.mark.slow
def test_a_long_reply_in_single_characters_is_refused() -> None:
    turn = f"{{reply: {'a ' * 100_000}, pace: {{chunk: character}}}}"
    assert dry_run(script_of(turn), contract()) == [(("turns", 0, "reply"), TOO_MANY_BYTES + REMEDY)]


@pytest.mark.slow
def test_a_thousand_turns_with_a_fault_each_are_not_too_many() -> None:
    assert dry_run(script_of(*[faulted("{reset: 3}")] * 1_000), contract()) == []


def test_mistakes_before_the_budget_is_spent_are_reported_too() -> None:
    problems = dry_run(script_of(faulted("{reset: 40}"), faulted(*["large_event"] * 50)), contract())
    assert [path[1] for path, _ in problems] == [0, 1]


def test_the_faults_before_one_are_tried_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count, decide = 0, trying._decide

    def counted(*arguments: Any) -> Decision:
        nonlocal count
        count += 1
        return decide(*arguments)

    monkeypatch.setattr(trying, "_decide", counted)
    assert dry_run(script_of(faulted(*["{duplicate: {at: 2}}"] * 20)), contract()) == []
    forms = 5  # two wires, whole and streamed, one of them in two ways
    assert count <= forms * (1 + 20 + 20) + forms


def test_a_budget_counts_each_event_once_for_each_fault() -> None:
    budget = TrialBudget(most_bytes=10, most_events=20)
    budget.charge((Data(b"12345"),), 1)
    budget.charge((Data(b"12345"),), 1)
    with pytest.raises(TooMuchError, match="more than 10 bytes"):
        budget.charge((Data(b"1"),), 0)
    with pytest.raises(TooMuchError, match="more than 20 events"):
        TrialBudget(most_bytes=10, most_events=20).charge((), 3)
