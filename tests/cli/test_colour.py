"""Colour: on terminals only, unless NO_COLOR or FORCE_COLOR decides."""

import click
import pytest
from click.testing import CliRunner

from mockserver.cli.colour import colour_choice
from mockserver.cli.main import main


@pytest.mark.parametrize(
    ("environ", "choice"),
    [
        ({}, None),
        ({"NO_COLOR": "", "FORCE_COLOR": ""}, None),
        ({"NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_the_environment_decides(environ: dict[str, str], choice: bool | None) -> None:
    assert colour_choice(environ) is choice


@click.command()
def coloured() -> None:
    """Print a word in red."""
    click.secho("word", fg="red")


@pytest.mark.parametrize(("variable", "printed"), [("FORCE_COLOR", "\x1b[31mword\x1b[0m\n"), ("NO_COLOR", "word\n")])
def test_every_command_obeys(variable: str, printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("mockserver.cli.main.command_of", lambda name: coloured)
    assert CliRunner().invoke(main, ["lint"], env={variable: "1"}).output == printed
