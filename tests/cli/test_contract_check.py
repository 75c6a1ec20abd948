"""`mockserver contract` on a terminal: options before the URL, and how far a run is."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import contract_check
from mockserver.cli.main import main
from mockserver.gate import runner
from mockserver.gate.profiles import PROFILES
from mockserver.gate.runner import RunSettings

SETTINGS = RunSettings(url="http://127.0.0.1:1", profile=PROFILES["smoke"], key="k", contract=Path("openapi.yaml"))


class StoppedRunner:
    """A run that says how far it is, and is then stopped."""

    def __init__(self, settings: RunSettings, progress: Callable[[str], None]) -> None:
        self.progress = progress

    def run(self) -> None:
        """Say how far it is, as a run does."""
        self.progress("3 of 9: models")
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("is_terminal", "shown"), [(True, "\r\x1b[K  3 of 9: models …\r\x1b[K"), (False, "")], ids=["terminal", "pipe"]
)
def test_a_terminal_shows_how_far_the_run_is_and_is_left_clean(
    is_terminal: bool, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "Runner", StoppedRunner)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    with pytest.raises(KeyboardInterrupt):
        contract_check._with_progress(SETTINGS)
    out, err = capsys.readouterr()
    first, _, rest = err.partition("\n")
    assert first.startswith("Examining http://127.0.0.1:1 (smoke: ")
    assert (out, rest) == ("", shown)


def test_an_option_before_the_url_belongs_to_check() -> None:
    result = CliRunner().invoke(main, ["contract", "--profile", "smoky", "http://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "Usage: main contract check" in result.stderr
    assert "Invalid value for '--profile': 'smoky' is not one of" in result.stderr


def test_hypothesis_keeps_its_files_out_of_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(contract_check.STORE, raising=False)
    with contract_check._nothing_left_behind():
        folder = Path(os.environ[contract_check.STORE])
        assert folder.is_dir()
    assert not folder.exists()
    assert contract_check.STORE not in os.environ
    monkeypatch.setenv(contract_check.STORE, "mine")
    with contract_check._nothing_left_behind():
        assert os.environ[contract_check.STORE] == "mine"
