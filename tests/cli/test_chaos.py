"""`mockserver chaos`: the shipped profiles in a list, and the rules of one in words."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.files.chaos_file import SHIPPED, load_profiles

OWN = """\
chaos: mine
rules:
  - when: {stream: true}
    probability: 0.5
    faults: crlf
    window: {from: 10s, until: 20s, every: 1m}
    limit: 3
  - when: {model: gpt-*}
    error: {status: 503}
"""

OWN_PAGE = """\
mine

For each request, in this order:
  50% of requests that match {stream: true}, from 10s, until 20s, every 1m, at most 3 times a session  faults: crlf
  every request that matches {model: gpt-*}                                                            \
error: {status: 503}

Use it:
  mockserver serve --chaos FILE
  gateway.chaos("FILE") in a test

File: FILE
"""


def chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["chaos", *arguments])


def test_every_shipped_profile_is_listed_with_what_it_does() -> None:
    result = chaos()
    assert result.exit_code == 0
    for profile in load_profiles()[0].values():
        assert any(line.split() == [profile.name, *profile.about.split()] for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", load_profiles()[0])
def test_every_shipped_profile_is_explained(name: str) -> None:
    result = chaos(name)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{name}\n  ")
    assert f"mockserver serve --chaos {name}\n" in result.stdout
    assert f"x-mock-chaos: {name} " in result.stdout
    assert result.stdout.endswith(f"File: {SHIPPED / f'{name}.yaml'}\n")


def test_a_file_of_ones_own_is_explained_rule_by_rule(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN)
    assert chaos(str(file)).stdout.replace(str(file), "FILE") == OWN_PAGE


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("flakky", "mockserver: no chaos profile is called 'flakky'; did you mean 'flaky'?\n"),
        ("none.yaml", "mockserver: none.yaml: file not found\n"),
        ("bad.yaml", "bad.yaml:2:1: ruls: unknown key 'ruls'; did you mean 'rules'?"),
        ("scenario.yaml", "scenario.yaml:1:1: this is a scenario, not a chaos profile; --scenario takes it\n"),
    ],
)
def test_a_mistake_is_exit_code_2(argument: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"bad.yaml": "chaos: a\nruls: []\n", "scenario.yaml": "scenario: a\nturns: [{reply: x}]\n"}
    if argument in texts:
        Path(argument).write_text(texts[argument])
    result = chaos(argument)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
