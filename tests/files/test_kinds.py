"""The kinds of files: each file shows its kind by its keys, and one in a wrong place is named as what it is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.main import command_of, main
from mockserver.core.errors import AuthorError
from mockserver.files import loader
from mockserver.files.accounts_file import load_accounts
from mockserver.files.chaos_file import read_profile
from mockserver.files.kinds import KINDS, kind_of
from mockserver.files.yaml_document import Data

SCENARIO = "scenario: a\nturns: [{reply: hi}]\n"
CHAOS = "chaos: a\nrules: [{faults: crlf}]\n"
ACCOUNTS = "accounts: [{key: sk_a}]\n"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"scenario": "a"}, "scenario"),
        ({"turns": []}, "scenario"),
        ({"about": "b", "rules": []}, "chaos"),
        ({"unknown_keys": "refuse"}, "accounts"),
        ({"scenario": "a", "chaos": "flaky"}, "scenario"),
        ({"acounts": []}, "accounts"),
        ({"ruls": []}, "chaos"),
        ({"foo": 1}, None),
        ({}, None),
        ([1], None),
        ("text", None),
        (None, None),
    ],
)
def test_a_file_shows_its_kind_by_its_keys(value: Data, kind: str | None) -> None:
    actual = kind_of(value)
    assert (None if actual is None else actual.name) == kind


LOADERS: dict[str, Callable[[Path], object]] = {
    "scenario": loader.load,
    "chaos": read_profile,
    "accounts": load_accounts,
}


@pytest.mark.parametrize(
    ("expected", "text", "message"),
    [
        ("scenario", CHAOS, "this is a chaos profile, not a scenario; --chaos takes it"),
        ("scenario", ACCOUNTS, "this is an accounts file, not a scenario; --accounts takes it"),
        ("chaos", SCENARIO, "this is a scenario, not a chaos profile; --scenario takes it"),
        ("accounts", SCENARIO, "this is a scenario, not an accounts file; --scenario takes it"),
    ],
)
def test_a_file_in_a_wrong_place_is_one_message(expected: str, text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(AuthorError) as caught:
        LOADERS[expected](file)
    assert str(caught.value) == f"{file}:1:1: {message}"


def test_a_file_of_no_kind_gets_the_messages_of_the_expected_kind(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("ruls: []\n")
    with pytest.raises(AuthorError, match="did you mean 'rules'"):
        read_profile(tmp_path / "a.yaml")


def test_every_kind_has_an_option_of_serve() -> None:
    options = {option for parameter in command_of("serve").params for option in parameter.opts}
    assert {kind.option for kind in KINDS.values()} <= options


def test_the_command_knows_every_kind() -> None:
    assert all(CliRunner().invoke(main, ["schema", "--kind", name]).exit_code == 0 for name in KINDS)
