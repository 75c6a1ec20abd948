"""`mockserver lint`: every mistake of every file in one pass, in the chosen format, and the exit code."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.files import bundled

GOOD = "scenario: good\nturns: [{reply: hi}]\n"
SHAPE = "scenario: shape\nturns:\n  - reply: hi\n    tmies: 2\n  - error: {status: 200}\n"
NAMES = "scenario: names\nturns:\n  - when: {operation: mesages}\n    reply: '{{last_usr_text}}'\n"
NO_YAML = "scenario: broken\nturns: [\n"

SHAPE_LINES = [
    (4, 5, "turns[0].tmies", "unknown key 'tmies'; did you mean 'times'?"),
    (5, 21, "turns[1].error.status", "must be at least 400, not 200"),
]
HINT = "If the unknown operations are in an OpenAPI document of your own, add --contract FILE.\n"
NAMES_LINES = [
    (3, 23, "turns[0].when.operation", "unknown operation 'mesages'; did you mean 'messages'?"),
    (4, 12, "turns[0].reply", "unknown value '{{last_usr_text}}'; did you mean 'last_user_text'?"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("names", NAMES), ("shape", SHAPE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def lint(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lint", *[str(argument) for argument in arguments]])


def problems(folder: Path) -> list[tuple[Path, int, int, str, str]]:
    """Return the mistakes in the files of the folder, file by file."""
    files = ((folder / "names.yaml", NAMES_LINES), (folder / "shape.yaml", SHAPE_LINES))
    return [(file, *told) for file, lines in files for told in lines]


def as_text(folder: Path) -> list[str]:
    return [f"{file}:{line}:{column}: {path}: {words}" for file, line, column, path, words in problems(folder)]


# What it prints


def test_files_that_are_right_are_counted(folder: Path) -> None:
    result = lint(folder / "good.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 file checked, 0 mistakes.\n", "")


OWN_PATH = """scenario: own
turns:
  - when: {method: GET, path: /responses}
    response: {body: a}
  - when: {any: [{path: "/v1/files/*"}, {path: "/v1/models/gpt*"}, {path: /v1/*}]}
    error: {status: 503}
  - when: {not: {path: /elsewhere}}
    error: {status: 503}
"""


def test_a_path_that_is_no_operation_is_noted_and_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN_PATH)
    means = "is no operation: answered only because this turn names it"
    places = ["3:31: turns[0].when.path: GET /responses", "5:25: turns[1].when.any[0].path: /v1/files/*"]
    lines = [f"note: {file}:{place} {means}" for place in places]
    result = lint(file)
    assert (result.exit_code, result.stdout.splitlines()) == (0, [*lines, "1 file checked, 0 mistakes."])
    [first, _] = lint(file, "--format", "github").stdout.splitlines()
    assert first.startswith("::notice file=")
    assert lint(file, "--format", "json").stdout == ""


def test_a_reply_at_a_path_without_messages_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("scenario: own\nturns:\n  - {when: {path: /embeddings}, reply: hi}\n")
    assert "no messages or chat operation is at '/embeddings'" in lint(file).stdout


def test_every_mistake_of_every_file_is_told_in_one_pass_one_a_line(folder: Path) -> None:
    result = lint(folder)
    assert (result.exit_code, result.stdout.splitlines()) == (1, as_text(folder))
    assert result.stderr == "3 files checked, 4 mistakes.\n" + HINT


def test_files_and_folders_are_checked_in_the_order_in_which_they_are_given(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "one.yml").write_text(SHAPE)
    result = lint(inner, folder / "names.yaml", folder / "good.yaml")
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        str(inner / "one.yml"),
        str(inner / "one.yml"),
        *[str(folder / "names.yaml")] * 2,
    ]
    assert result.stderr == "3 files checked, 4 mistakes.\n" + HINT


def test_one_mistake_is_counted_as_one(folder: Path) -> None:
    (folder / "one.yaml").write_text("scenario: one\nturns: [{reply: x, tmies: 2}]\n")
    assert lint(folder / "one.yaml").stderr == "1 file checked, 1 mistake.\n"


def test_as_json_every_mistake_is_an_object_on_a_line(folder: Path) -> None:
    result = lint(folder, "--format", "json")
    keys = ("file", "line", "column", "path", "message")
    assert [orjson.loads(line) for line in result.stdout.splitlines()] == [
        dict(zip(keys, (str(problem[0]), *problem[1:]), strict=True)) for problem in problems(folder)
    ]
    assert (result.exit_code, result.stderr) == (1, "")


def test_for_github_every_mistake_is_an_annotation(folder: Path) -> None:
    result = lint(folder, "--format", "github")
    assert result.stdout.splitlines() == [
        f"::error file={file},line={line},col={column}::{path}: {words}"
        for file, line, column, path, words in problems(folder)
    ]
    assert (result.exit_code, result.stderr) == (1, "")


@pytest.mark.parametrize("form", ["json", "github"])
def test_the_forms_for_programs_say_nothing_where_nothing_is_wrong(folder: Path, form: str) -> None:
    result = lint(folder / "good.yaml", "--format", form)
    assert (result.exit_code, result.output) == (0, "")


def test_for_github_a_message_is_escaped(folder: Path) -> None:
    (folder / "percent.yaml").write_text("scenario: percent\nturns: [{reply: '{{5%}}'}]\n")
    [line] = lint(folder / "percent.yaml", "--format", "github").stdout.splitlines()
    assert "unknown value '{{5%25}}'" in line


def test_for_github_the_name_of_a_file_is_escaped(folder: Path) -> None:
    file = folder / "a,b%.yaml"
    file.write_text(NO_YAML)
    line = lint(file, "--format", "github").stdout.splitlines()[0]
    assert line.startswith(f"::error file={folder}/a%2Cb%25.yaml,line=")


# Exit codes: 0 all right, 1 mistakes in files, or no such file, 2 asked for what cannot be had


@pytest.mark.parametrize(
    ("names", "code"),
    [(["good"], 0), (["names"], 1), (["good", "shape"], 1), (["none"], 1), (["good", "none"], 1)],
)
def test_the_exit_code_tells_right_from_wrong_and_from_missing(folder: Path, names: list[str], code: int) -> None:
    assert lint(*[folder / f"{name}.yaml" for name in names]).exit_code == code


def test_a_file_that_is_not_there_is_one_line_with_the_nearest_name(folder: Path) -> None:
    file = folder / "goood.yaml"
    result = lint(file)
    assert result.stdout == f"{file}:1:1: file not found; did you mean 'good.yaml'?\n"
    assert result.stderr == "1 file checked, 1 mistake.\n"


def test_a_folder_without_scenarios_is_one_line(tmp_path: Path) -> None:
    result = lint(tmp_path)
    assert (result.exit_code, result.stderr) == (2, f"mockserver: {tmp_path}: no file (*.yaml) in there\n")


@pytest.mark.parametrize("arguments", [[], ["--format", "xml", "a.yaml"]])
def test_a_wrong_call_is_exit_code_2(arguments: list[str]) -> None:
    assert lint(*arguments).exit_code == 2


def test_a_missing_file_does_not_hide_the_mistakes_of_the_others(folder: Path) -> None:
    lines = lint(folder / "names.yaml", folder / "none.yaml", folder / "shape.yaml").stdout.splitlines()
    assert [*lines[:2], *lines[3:]] == as_text(folder)
    assert lines[2].startswith(f"{folder / 'none.yaml'}:1:1: file not found; ")


def test_two_files_of_a_folder_with_one_name_are_a_mistake(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(GOOD)
    line = f"{tmp_path}/b.yaml:1:1: scenario: 'good' is also the name of {tmp_path}/a.yaml; choose another\n"
    for result in (lint(tmp_path), lint(tmp_path / "a.yaml", tmp_path / "b.yaml")):
        assert (result.exit_code, result.stdout) == (1, line)


def test_one_name_in_two_folders_and_one_file_given_twice_are_no_mistake(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "good.yaml").write_text(GOOD)
    assert lint(folder / "good.yaml", inner, inner / "good.yaml").exit_code == 0


# What is checked

CHECKED: list[tuple[str, str, str]] = [
    ("no YAML", NO_YAML, "close it"),
    ("nothing", "", ""),
    ("a list", "[1]\n", ""),
    ("an unreachable turn", "scenario: a\nturns: [{reply: x, times: always}, {reply: y}]\n", "is never played"),
    ("a state never reached", "scenario: a\nturns: [{when: {state: s}, reply: y}]\n", "no turn sets the state"),
    (
        "a call that breaks its schema",
        "scenario: a\ntools: {t: {required: [x]}}\nturns: [{reply: {tool_use: {name: t, input: {}}}}]\n",
        "does not satisfy the schema of t",
    ),
    (
        "a fault without effect",
        "scenario: a\nturns: [{error: {status: 500}, faults: [short_sequence]}]\n",
        "has no effect",
    ),
    (
        "a fault on the wrong wire",
        "scenario: a\nturns: [{when: {operation: chat}, reply: x, faults: [short_sequence]}]\n",
        "has no effect",
    ),
    ("tabs", "scenario: a\nturns:\n\t- reply: x\n", "tab"),
    ("a key twice", "scenario: a\nscenario: b\nturns: [{reply: x}]\n", "scenario"),
]


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in CHECKED], ids=[row[0] for row in CHECKED])
def test_what_is_wrong_is_told_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(text)
    result = lint(file)
    assert result.exit_code == 1
    assert words in result.stdout
    assert all(line.startswith(f"{file}:") for line in result.stdout.splitlines())


def test_the_shipped_scenarios_are_right() -> None:
    result = lint(bundled.SCENARIOS)
    assert (result.exit_code, result.stderr) == (0, "")


# Operations of other documents

PETS = "scenario: pets\nturns:\n  - when: {operation: listPets}\n    response: {body: []}\n"
DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, responses: {"200": {description: Pets.}}}
"""


def test_an_unknown_operation_hints_at_the_contract(tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(PETS)
    assert lint(tmp_path / "pets.yaml").stderr == "1 file checked, 1 mistake.\n" + HINT
    document = tmp_path / "openapi.json"
    document.write_text(DOCUMENT)
    result = lint("--contract", document, tmp_path / "pets.yaml")
    assert (result.exit_code, result.stdout) == (0, "1 file checked, 0 mistakes.\n")


def test_with_a_contract_there_is_no_hint_at_it(tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(PETS.replace("listPets", "listPats"))
    (tmp_path / "openapi.json").write_text(DOCUMENT)
    result = lint("--contract", tmp_path / "openapi.json", tmp_path / "pets.yaml")
    assert "did you mean 'listPets'?" in result.stdout
    assert result.stderr == "1 file checked, 1 mistake.\n"


def test_the_hint_is_no_part_of_a_report_for_machines(tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(PETS)
    result = lint("--format", "json", tmp_path / "pets.yaml")
    assert (len(result.stdout.splitlines()), result.stderr) == (1, "")
