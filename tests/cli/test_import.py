"""`mockserver import`: the file that it writes, what it says of losses, and the line of every mistake."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main

FIXTURES = {"fixtures": [{"match": {"userMessage": "hello"}, "response": {"content": "Hi"}}]}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["import", *arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(value: object, name: str = "talk.json") -> str:
    Path(name).write_text(json.dumps(value), encoding="utf-8")
    return name


def test_it_writes_a_scenario_beside_you() -> None:
    result = run(written(FIXTURES))
    assert (result.exit_code, result.output) == (0, "Wrote talk.yaml.\n")
    assert "reply: Hi" in Path("talk.yaml").read_text(encoding="utf-8")


def test_a_loss_is_a_line_and_exit_code_1() -> None:
    result = run(written({"fixtures": [{**FIXTURES["fixtures"][0], "chaos": {}}]}))
    assert (result.exit_code, result.stderr) == (
        1,
        "talk.json: fixture 1.chaos: a scenario has no such key; left out\n",
    )


def test_a_mistake_of_the_scenario_is_a_line_too() -> None:
    fixture = {"match": {}, "response": {"content": "Hi"}, "truncateAfterChunks": 99}
    result = run(written({"fixtures": [fixture]}), "--from", "aimock")
    assert result.exit_code == 1
    assert "has no effect" in result.stderr


def test_yaml_is_read_too() -> None:
    Path("talk.yml").write_text("fixtures:\n  - {match: {user_message: a}, response: {content: b}}\n", encoding="utf-8")
    assert run("talk.yml", "--out", "mine.yaml").output == "Wrote mine.yaml.\n"


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (None, (), "cannot be read: No such file or directory"),
        ("a: [", (), "neither JSON nor YAML"),
        ("{}", (), "the file is none of these: HAR"),
        (json.dumps(FIXTURES), ("--redact", "("), "--redact: '(' is not a regular expression"),
        (json.dumps(FIXTURES), ("--out", "talk.json"), "talk.json exists; choose another name with --out"),
        (json.dumps(FIXTURES), ("--out", "none/a.yaml"), "cannot be written: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line(content: str | None, arguments: tuple[str, ...], words: str) -> None:
    if content is not None:
        Path("talk.json").write_text(content, encoding="utf-8")
    result = run("talk.json", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
