"""The help of every command: it teaches by examples that parse, names pages that exist, and shows its variables."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.cli.manual import examples_of, manual
from mockserver.files.docs_pages import docs_pages
from tests.cli.command_tree import commands

NAMES = sorted(commands())
EXAMPLES = [(name, line) for name in NAMES for line in examples_of(commands()[name])]
PIPES = {"|", ">", ">>"}


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_an_example(name: str) -> None:
    missing = "add @click.command(epilog=manual(EXAMPLES, PAGE)), as in mockserver/cli/faults.py"
    assert list(examples_of(commands()[name])), f"the command {name} has no example in its help; {missing}"


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_parses_and_runs_its_command(
    name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)[1:]
    end = next((place for place, word in enumerate(words) if word in PIPES), len(words))
    for word in words[:end]:
        if word.endswith("/"):
            (tmp_path / word).mkdir(exist_ok=True)
    ran = []
    monkeypatch.setattr(commands()[name], "callback", lambda **_: ran.append(name))
    result = CliRunner().invoke(main, words[:end])
    assert (ran, result.output) == ([name], "")


@pytest.mark.parametrize("name", ["", *NAMES])
def test_the_help_names_pages_that_travel_with_the_package(name: str) -> None:
    command = commands()[name] if name else main
    text = f"{command.help} {command.epilog}"
    assert set(re.findall(r"mockserver docs ([a-z][\w/-]*)", text)) <= set(docs_pages())
    options = [parameter.help or "" for parameter in command.params if isinstance(parameter, click.Option)]
    assert not re.search(r"see docs/|\w+\.md for", " ".join([text, *options]))


@pytest.mark.parametrize("name", NAMES)
def test_the_help_shows_every_variable_of_an_option(name: str) -> None:
    prefix = commands()[name].context_settings.get("auto_envvar_prefix")
    hidden = [
        parameter.opts[0]
        for parameter in commands()[name].params
        if isinstance(parameter, click.Option) and (parameter.envvar or prefix) and not parameter.show_envvar
    ]
    assert hidden == []


def test_explanations_stand_beside_short_command_lines_and_above_long_ones() -> None:
    beside = "\b\nExamples:\n  mockserver a    first\n  mockserver bb  second\n\nMore: mockserver docs page"
    assert manual({"mockserver a": "first", "mockserver bb": "second"}, "page") == beside.replace("a    f", "a   f")
    long = f"mockserver {'a' * 50}"
    assert f"  # first\n  {long}\n" in manual({long: "first"}, "page")
