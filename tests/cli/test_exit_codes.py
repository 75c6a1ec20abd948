"""Exit codes: what the help of each command says is what its code does, and Ctrl-C is 130."""

import ast
import re
from keyword import iskeyword
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver import cli
from mockserver.cli.errors import INTERRUPTED
from mockserver.cli.main import EPILOG, main
from tests.cli.command_tree import commands

FOLDER = Path(cli.__path__[0])


def exits_of(name: str) -> list[set[int]]:
    """Return the exit codes of each `sys.exit` in the file of a command; none of one whose code is computed."""
    file = f"{name}_" if iskeyword(name) else name.replace(" ", "_")
    source = ast.parse((FOLDER / f"{file}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit"]
    constants = [[node for node in ast.walk(call) if isinstance(node, ast.Constant)] for call in calls]
    return [{node.value for node in found if isinstance(node.value, int)} for found in constants]


def codes_of(name: str) -> set[int]:
    """Return the exit codes that the file of a command names."""
    return set().union(*exits_of(name))


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_help_says_when_a_command_ends_with_1(name: str) -> None:
    says_so = bool(re.search(r"Exit code (1\b|0: .*\b1: )", " ".join((commands()[name].help or "").split())))
    if set() not in exits_of(name):
        assert (1 in codes_of(name)) == says_so, "say `Exit code 1 if …` in the docstring of a command that does"


@pytest.mark.parametrize("name", sorted(commands()))
def test_no_command_invents_an_exit_code(name: str) -> None:
    documented = {int(code) for code in re.findall(r"^  (\d+) ", EPILOG, re.MULTILINE)}
    assert codes_of(name) <= documented


@click.command()
def interrupted() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def test_ctrl_c_ends_a_command_with_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.cli.main.command_of", lambda name: interrupted)
    result = CliRunner().invoke(main, ["lint"])
    assert (result.exit_code, result.stdout, result.stderr) == (INTERRUPTED, "", "\nInterrupted.\n")
