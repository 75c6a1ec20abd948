"""`mockserver completion`: the script of each shell, and what it completes."""

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from mockserver.cli.main import COMMANDS, main


@pytest.mark.parametrize(
    "shell",
    [pytest.param("bash", marks=pytest.mark.process), "zsh", "fish"],  # click asks bash for its version
)
def test_a_script_completes_the_command(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert f"_MOCKSERVER_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize(
    ("typed", "begun", "completions"),
    [
        ([], "sc", ["scenarios", "schema"]),
        (["lint"], "--f", ["--format"]),
        (["schema", "--kind"], "c", ["chaos"]),
        (["contract"], "pro", ["promises", "proxy"]),
    ],
)
def test_commands_options_and_values_are_completed(typed: list[str], begun: str, completions: list[str]) -> None:
    shell = ShellComplete(main, {}, "mockserver", "_MOCKSERVER_COMPLETE")
    assert [item.value for item in shell.get_completions(typed, begun)] == completions


def test_all_commands_are_completed() -> None:
    shell = ShellComplete(main, {}, "mockserver", "_MOCKSERVER_COMPLETE")
    assert [item.value for item in shell.get_completions([], "")] == list(COMMANDS)
