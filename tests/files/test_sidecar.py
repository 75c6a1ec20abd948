"""The file of recorded answers: read from beside its scenario, and only where it is needed."""

from pathlib import Path

import pytest

from mockserver.core.clock import FixedClock
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files import loader
from mockserver.files.library import read_script, script_of
from mockserver.files.sidecar import recorded_answers, sidecar_of
from mockserver.files.yaml_reader import read
from mockserver.testing.builder import SessionScript
from mockserver.testing.registry import ScriptRegistry
from tests.support.engine import contract

TEXT = "scenario: weather\nreplay: exact\nturns:\n  - reply: Rain.\n"


def test_it_stands_beside_the_scenario() -> None:
    assert sidecar_of(Path("a/weather.yaml")) == Path("a/weather.frames.jsonl")


def test_it_is_not_read_where_no_turn_replays_exactly(tmp_path: Path) -> None:
    scenario = loader.parse(b"scenario: x\nturns:\n  - reply: hi\n", "x.yaml").scenario
    (tmp_path / "x.frames.jsonl").write_text("junk", encoding="utf-8")
    assert recorded_answers(scenario, str(tmp_path / "x.yaml")) == ()


def test_a_missing_file_is_a_mistake_of_the_scenario(tmp_path: Path) -> None:
    file = tmp_path / "weather.yaml"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(AuthorError, match=r"weather\.yaml:2:9: replay: expected recorded answers in \*\.frames\.jsonl"):
        read_script(file, contract())


def test_a_file_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "weather.yaml"
    file.write_text(TEXT, encoding="utf-8")
    sidecar_of(file).write_text("{}\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"weather\.frames\.jsonl: cannot be read: line 1: "):
        read_script(file, contract())


def test_a_scenario_in_a_test_has_the_same_checks(tmp_path: Path) -> None:
    file = tmp_path / "weather.yaml"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(AuthorError, match="expected recorded answers"):
        SessionScript(ScriptRegistry(contract()), contract()).play(file)


def test_an_old_recording_does_not_load() -> None:
    text = "scenario: old\nrecorded: 2025-12-01\nmax_age: 30d\nturns:\n  - reply: hi\n"
    document = read(text.encode(), "old.yaml")
    with pytest.raises(AuthorError, match=r"old\.yaml:3:10: max_age: recorded on 2025-12-01, 31 days ago"):
        script_of(document, contract(), clock=FixedClock())
    young = read(text.replace("30d", "31d").encode(), "old.yaml")
    assert script_of(young, contract(), clock=FixedClock()).name == "old"
