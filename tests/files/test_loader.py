"""From a file to a checked scenario: every mistake with its place and in words for the author of the file."""

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files.loader import check, discover, load, parse
from mockserver.files.yaml_document import YamlMark
from mockserver.files.yaml_reader import MAX_PROBLEMS, read
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
TURN = "scenario: s\nturns:\n  - "
"""A mistake in the first turn stands in line 3, column 5 or later."""


def refusals(source: str) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        parse(source.encode(), "f")
    return [str(problem) for problem in caught.value.problems]


def test_a_scenario_comes_with_its_document() -> None:
    loaded = parse(GOOD.encode(), "scenarios/tool.yaml")
    assert loaded.scenario.scenario == "tool-round-trip"
    assert len(loaded.scenario.turns) == 2
    assert loaded.file == "scenarios/tool.yaml"
    assert loaded.document.key_mark(("turns", 1, "reply")) == YamlMark(8, 5)


def test_a_later_check_gets_the_place_of_what_a_short_form_stands_for() -> None:
    problem = parse(GOOD.encode(), "f").problem(("turns", 1, "reply", 0, "text"), "unknown value 'x'")
    assert str(problem) == "f:8:12: turns[1].reply: unknown value 'x'"


TYPICAL = [
    (
        TURN + "when: {lats: user}\n    reply: hi\n",
        "f:3:12: turns[0].when.lats: unknown key 'lats'; did you mean 'last'?",
    ),
    (
        TURN + "error: {status: 429}\n    retry_after: 2\n",
        "f:4:5: turns[0].retry_after: 'retry_after' belongs under 'error'",
    ),
    (
        TURN + "reply: hi\n    stop: tool_calls\n",
        "f:4:11: turns[0].stop: unknown value 'tool_calls'; did you mean 'tool_use'?",
    ),
]


@pytest.mark.parametrize(("source", "line"), TYPICAL)
def test_a_typical_mistake_is_one_exact_line(source: str, line: str) -> None:
    assert refusals(source) == [line]


TURN_MISTAKES = [
    # unknown keys
    ("reply: {texxt: hi}", "3:13: turns[0].reply.texxt: unknown key 'texxt'; did you mean 'text'?"),
    ("{reply: hi, when: {foo: 1}}", "3:24: turns[0].when.foo: unknown key 'foo'; "),
    ("last: tool_result\n    reply: hi", "3:5: turns[0].last: 'last' belongs under 'when'"),
    ("reply: [{input: {}}]", "3:14: turns[0].reply[0].input: 'input' belongs under 'tool_use'"),
    ("{reply: hi, when: {times: 2}}", "3:24: turns[0].when.times: 'times' belongs beside 'when', not in it"),
    ("reply: [{text: hi, stop: x}]", "3:24: turns[0].reply[0].stop: 'stop' belongs beside 'reply', not in it"),
    ("{reply: hi, about: x}", "3:17: turns[0].about: 'about' belongs beside 'turns', not in it"),
    (
        "{reply: hi, when: {retry_after: 2}}",
        "3:24: turns[0].when.retry_after: 'retry_after' belongs under 'error', not under 'when'",
    ),
    (
        "reply: [{type: text, text: hi}]",
        "3:14: turns[0].reply[0].type: remove 'type'; the key text or tool_use already names the block",
    ),
    ("{reply: hi, stop_reason: x}", "3:17: turns[0].stop_reason: unknown key 'stop_reason'; use 'stop'"),
    ("error: {status:429}", "3:13: turns[0].error['status:429']: put a space after the colon: 'status: 429'"),
    # missing and clashing
    ("error: {code: x}", "3:12: turns[0].error: missing key 'status'"),
    ("error: {statsu: 429}", "3:13: turns[0].error.statsu: unknown key 'statsu'; did you mean 'status'?"),
    ("{}", "3:5: turns[0]: expected exactly one of reply, error"),
    ("{reply: hi, error: {status: 500}}", "3:5: turns[0]: expected exactly one of reply, error"),
    ("{reply: hi, when: {text: {}}}", "3:30: turns[0].when.text: expected one of equals, contains, regex"),
    # wrong shapes
    ("hi", "3:5: turns[0]: expected a mapping"),
    ("", "3:4: turns[0]: expected a mapping"),
    ("reply: 5", "3:12: turns[0].reply: expected a mapping with text or tool_use, not 5"),
    ("reply: [{text: 5}]", "3:20: turns[0].reply[0].text: expected text, not 5; quote it"),
    ("reply: {text: [x]}", "3:19: turns[0].reply.text: expected text, not a list"),
    ("{reply: hi, when: [x]}", "3:23: turns[0].when: expected a mapping"),
    ("{reply: hi, when: {tools: x}}", "3:31: turns[0].when.tools: expected a list, not 'x'"),
    ("{reply: hi, when: {operation: 5}}", "3:35: turns[0].when.operation: expected text, not 5; quote it"),
    ("{reply: hi, when: {model: [a, 5]}}", "3:35: turns[0].when.model[1]: expected text, not 5; quote it"),
    ("{reply: hi, when: {stream: yes}}", "3:32: turns[0].when.stream: expected true or false, not 'yes'; write true"),
    ("error: {status: '429'}", "3:21: turns[0].error.status: expected a whole number, not '429'; remove the quotes"),
    ("error: {status: 429.5}", "3:21: turns[0].error.status: expected a whole number, not 429.5"),
    ("error: {status: true}", "3:21: turns[0].error.status: expected a whole number, not true"),
    ("error: status:429", "3:12: turns[0].error: expected a mapping"),
    ("{reply: hi, faults: [5]}", "3:26: turns[0].faults[0]: expected text or a mapping, not 5"),
    ("{reply: hi, faults: crlf}", "3:25: turns[0].faults: expected a list, not 'crlf'"),
    # wrong values
    ("{reply: hi, when: {last: usr}}", "3:30: turns[0].when.last: unknown value 'usr'; did you mean 'user'?"),
    ("{reply: hi, when: {wire: 5}}", "3:30: turns[0].when.wire: expected anthropic or openai, not 5"),
    ("error: {status: 200}", "3:21: turns[0].error.status: must be at least 400, not 200"),
    ("error: {status: 600}", "3:21: turns[0].error.status: must be at most 599, not 600"),
    ("{reply: hi, times: 0}", "3:24: turns[0].times: expected a whole number from 1, or always"),
    ("{reply: hi, pace: {first: soon}}", "3:31: turns[0].pace.first: expected a duration such as 300ms, 5s, 2m"),
    (
        "reply: {tool_use: {name: a b}}",
        "3:30: turns[0].reply.tool_use.name: expected letters, digits, dashes and underscores, not 'a b'",
    ),
    (
        "reply: {tool_use: {name: ''}}",
        "3:30: turns[0].reply.tool_use.name: shorter than the minimum length of 1",
    ),
]


@pytest.mark.parametrize(("turn", "line"), TURN_MISTAKES, ids=[turn for turn, _ in TURN_MISTAKES])
def test_a_mistake_in_a_turn_is_told_once(turn: str, line: str) -> None:
    [problem] = refusals(f"{TURN}{turn}\n")
    assert problem.startswith(f"f:{line}")


FILE_MISTAKES = [
    ("5", ["f:1:1: expected a mapping with scenario, about"]),
    ("{}", ["f:1:1: missing key 'scenario'", "f:1:1: missing key 'turns'"]),
    ("name: x\nturns: [reply: hi]", ["f:1:1: name: unknown key 'name'; use 'scenario'"]),
    ("scenario: s\nturns: []", ["f:2:8: turns: expected at least 1, got 0"]),
    ("scenario: s\nturns: {reply: hi}", ["f:2:8: turns: expected a list, not a mapping"]),
    (
        "scenario: Big\nturns: [reply: hi]\nextra: 1",
        [
            "f:1:11: scenario: expected lower-case letters, digits and dashes, not 'Big'",
            "f:3:1: extra: unknown key 'extra'; ",
        ],
    ),
    ("scenario: s\nturns: [", ["f:2:9: the file ends inside a [ or {; close it"]),
]


@pytest.mark.parametrize(("source", "lines"), FILE_MISTAKES)
def test_all_mistakes_of_a_file_are_told_in_its_order(source: str, lines: list[str]) -> None:
    found = refusals(source)
    assert len(found) == len(lines)
    assert all(problem.startswith(line) for problem, line in zip(found, lines, strict=True))


@pytest.mark.parametrize("source", ["scenario:foo", TURN + "error: status:429", TURN + "when: last:user"])
def test_a_space_missing_after_a_colon_is_seen(source: str) -> None:
    assert refusals(source)[0].endswith("'; put a space after the colon")


def test_a_file_with_endless_mistakes_is_told_a_hundred() -> None:
    assert len(refusals("scenario: s\nturns:\n" + "  - {reply: hi, faults: [1, 2]}\n" * 5000)) == MAX_PROBLEMS


def test_pydantic_is_never_heard() -> None:
    for turn, _ in TURN_MISTAKES:
        for problem in refusals(f"{TURN}{turn}\n"):
            assert not any(words in problem for words in ("Value error", "Input should", "Extra inputs", "required"))


# --- Models of other files: unions of every kind ---


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Alpha(Strict):
    kind: Literal["a"] = "a"
    alpha: int


class Beta(Strict):
    kind: Literal["b"] = "b"
    beta: int
    inverse: "list[Root] | None" = Field(None, alias="not")


class Root(Strict):
    either: Alpha | Beta | None = None
    tagged: Annotated[Alpha | Beta, Field(discriminator="kind")] | None = None
    word: Literal["always"] | int | None = None
    nested: list[int | Annotated[list[str] | Alpha, BeforeValidator(lambda value: value)]] = []
    mapped: dict[str, int | Alpha] = {}


Beta.model_rebuild()

UNIONS = [
    ("either: {alpha: q}", "1:17: either.alpha: expected a whole number, not 'q'"),
    ("either: {beta: 1, gama: 2}", "1:19: either.gama: unknown key 'gama'; known: beta, kind, not"),
    ("either: x", "1:9: either: expected a mapping with kind or alpha or a mapping with kind, beta or not, not 'x'"),
    ("tagged: {kind: b, bta: 1}", "1:19: tagged.bta: unknown key 'bta'; did you mean 'beta'?"),
    ("tagged: {kind: c}", "1:9: tagged: unknown 'kind' 'c'; known: 'a', 'b'"),
    ("tagged: {}", "1:9: tagged: missing key 'kind'"),
    ("word: alwys", "1:7: word: unknown value 'alwys'; did you mean 'always'?"),
    ("word: [1]", "1:7: word: expected 'always' or a whole number, not a list"),
    ("nested: [1, [a], {alpha: x}]", "1:26: nested[2].alpha: expected a whole number, not 'x'"),
    ("nested: [[5]]", "1:11: nested[0][0]: expected text, not 5; quote it"),
    (
        "mapped: {Alpha: 1, int: x}",
        "1:25: mapped.int: expected a whole number or a mapping with kind or alpha, not 'x'",
    ),
    ("mapped: {int: {alpha: s}}", "1:23: mapped.int.alpha: expected a whole number, not 's'"),
    (
        "either: {beta: 1, not: [{word: 1}, {wrod: 1}]}",
        "1:37: either.not[1].wrod: unknown key 'wrod'; did you mean 'word",
    ),
]


@pytest.mark.parametrize(("source", "line"), UNIONS)
def test_a_union_is_one_mistake_of_the_branch_that_was_meant(source: str, line: str) -> None:
    with pytest.raises(AuthorError) as caught:
        check(Root, read(source.encode(), "f"))
    [problem] = caught.value.problems
    assert str(problem).startswith(f"f:{line}")


# --- Files and folders ---


def test_a_file_is_loaded_under_the_name_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    assert load(path).file == str(path)


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
def test_a_file_that_cannot_be_read_is_told_to_the_operator(tmp_path: Path, name: str, message: str) -> None:
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


def test_a_folder_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="folder not found; did you mean 'scenarios'"):
        discover(tmp_path / "scenario")
    with pytest.raises(OperatorError, match="not a folder"):
        discover(tmp_path / "file")


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
