"""The loader: scenarios with their documents, files that cannot be read, and folders."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files.loader import discover, load, parse
from mockserver.files.yaml_document import YamlMark
from mockserver.scenarios.schema import Scenario

GOOD = """\
scenario: tool-round-trip
turns:
  - when: {last: user, tools: [read_file]}
    reply:
      - text: Let me read that file for you.
      - tool_use: {name: read_file, input: {path: /tmp/test.txt}}
  - when: {last: tool_result}
    reply: 'The file contains: "{{tool_result}}"'
"""


def test_a_scenario_comes_with_its_document() -> None:
    loaded = parse(GOOD.encode(), "scenarios/tool.yaml")
    assert loaded.scenario.scenario == "tool-round-trip"
    assert len(loaded.scenario.turns) == 2
    assert loaded.document.file == "scenarios/tool.yaml"
    assert loaded.document.key_mark(("turns", 1, "reply")) == YamlMark(8, 5)


def test_a_later_check_gets_the_place_of_what_a_short_form_stands_for() -> None:
    problem = parse(GOOD.encode(), "f").problem(("turns", 1, "reply", 0, "text"), "unknown value 'x'")
    assert str(problem) == "f:8:12: turns[1].reply: unknown value 'x'"


# --- Files and folders ---


def test_a_file_is_loaded_under_the_name_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    assert load(path).document.file == str(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tool-round-trp.yaml", "file not found; did you mean 'tool-round-trip.yaml'?"),
        ("tool-round-trip", "file not found; did you mean 'tool-round-trip.yaml'?"),
        ("zzz", "file not found; known: tool-round-trip.yaml"),
        ("folder", "not a file"),
        ("nowhere/x.yaml", "folder "),
        ("null\0byte", "file not found; "),
        ("x" * 5000, "cannot be read: File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_operator_error(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "tool-round-trip.yaml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OperatorError) as caught:
        load(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: {message}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(OperatorError, match="not a file"):
        load(tmp_path / "pipe.yaml")


def test_a_folder_has_its_yaml_files_and_nothing_from_outside(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    for folder in (home, outside, home / "sub.yaml"):
        folder.mkdir()
    for path in (home / "b.yaml", home / "a.yml", home / "c.txt", home / "sub.yaml" / "d.yaml", outside / "e.yaml"):
        path.write_text(GOOD)
    (home / "inside.yaml").symlink_to(home / "b.yaml")
    (home / "out.yaml").symlink_to(outside / "e.yaml")
    (home / "broken.yaml").symlink_to(home / "nothing")
    (home / "loop.yaml").symlink_to(home / "loop.yaml")
    assert [path.name for path in discover(home)] == ["a.yml", "b.yaml", "inside.yaml"]


def test_a_missing_folder_is_reported_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="folder not found; did you mean 'scenarios'"):
        discover(tmp_path / "scenario")
    with pytest.raises(OperatorError, match="not a folder"):
        discover(tmp_path / "file")
    with pytest.raises(OperatorError, match="cannot be read: File name too long"):
        discover(tmp_path / ("x" * 5000))


# --- Anything ---

KEYS = [*Scenario.model_fields, "when", "reply", "error", "times", "pace", "faults", "text", "tool_use", "nope"]
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 429, 1.5, "hi", "tool_use", "always", "5s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_any_values_are_a_scenario_or_problems_in_the_file(value: object) -> None:
    source = repr(value).replace("None", "null").encode()  # Python's own spelling of plain values is YAML
    try:
        parse(source, "f")
    except AuthorError as error:
        problems = error.problems
        places = [(problem.line, problem.path, problem.message) for problem in problems]
    else:
        return
    assert all(problem.line == 1 and problem.column <= len(source) for problem in problems)
    assert len(places) == len(set(places))
