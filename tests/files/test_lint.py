"""What lint finds in each kind of file. tests/cli/test_lint.py has the command: its formats and exit codes."""

from pathlib import Path

import pytest

from mockserver.files.kinds import KINDS
from mockserver.files.lint import CHECKS, lint_files
from tests.support.engine import contract

KEY = "sk_live_abcdef123456"

FILES = {
    "a scenario": ("scenario: a\nturns: [{reply: hi, tmies: 2}]\n", ["2:21: turns[0].tmies: unknown key 'tmies'*"]),
    "a chaos profile": ("chaos: a\nrules: [{faults: crlf}]\n", []),
    "a misspelt key of a rule": (
        "chaos: a\nrules:\n  - fauls: crlf\n",
        ["3:5: rules[0].fauls: unknown key 'fauls'; did you mean 'faults'?"],
    ),
    "a misspelt fault of a rule": (
        "chaos: a\nrules:\n  - faults: [rest]\n",
        ["3:14: rules[0].faults[0]: no fault is called 'rest'; did you mean 'reset'?"],
    ),
    "an unknown operation of a rule": (
        "chaos: a\nrules:\n  - when: {operation: mesages}\n    faults: crlf\n",
        ["3:23: rules[0].when.operation: unknown operation 'mesages'; did you mean 'messages'?"],
    ),
    "an accounts file": ("accounts: [{key: sk_a}]\n", []),
    "accounts with mistakes": (
        "accounts:\n"
        "  - {plan: pro}\n"
        "  - {key: sk-ant-a}\n"
        "  - {key: sk_a, user: {email: jo@example.com, password: a}}\n"
        "  - {keys: [sk_b, sk_a], user: {email: JO@example.com, password: a}}\n"
        "  - keys: [sk_c, sk_c]\n",
        [
            "2:5: accounts[0]: expected key, keys or user; nobody could use this account",
            "3:11: accounts[1].key: sk-ant- keys are refused everywhere; choose another",
            "5:19: accounts[3].keys[1]: two accounts have the same key; accounts[2] is the other",
            "5:40: accounts[3].user.email: two accounts have the same user email; accounts[2] is the other",
            "6:12: accounts[4].keys[0]: the account has this key twice; remove one",
            "6:18: accounts[4].keys[1]: the account has this key twice; remove one",
        ],
    ),
    "an accounts file that is no YAML": (
        f"accounts: [{{key: *{KEY}}}]\n",
        ["1:18: accounts[0].key: unknown anchor &sk_…56; quote text that starts with *"],
    ),
    "a misspelt kind": ("acounts: []\n", ["1:1: acounts: unknown key 'acounts'; did you mean 'accounts'?"]),
    "an empty file": ("", ["1:1: the file is empty"]),
    "a list": ("[1]\n", ["1:1: unknown kind of file; expected one of these keys at its top: *"]),
    "any other YAML": (
        "foo: 1\n",
        [
            "1:1: unknown kind of file; expected one of these keys at its top: 'scenario' of a scenario, "
            "'chaos' of a chaos profile, 'accounts' of an accounts file"
        ],
    ),
    "an OpenAPI document": (
        "openapi: 3.1.0\npaths: {}\n",
        ["1:1: this is an OpenAPI document, which lint does not check; --contract takes it"],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_checked_as_what_it_is(name: str, tmp_path: Path) -> None:
    text, expected = FILES[name]
    file = tmp_path / "a.yaml"
    file.write_text(text)
    problems = [str(problem).removeprefix(f"{file}:") for problem in lint_files([file], contract())]
    assert len(problems) == len(expected)
    for problem, line in zip(problems, expected, strict=True):
        assert problem.startswith(line.rstrip("*")) if line.endswith("*") else problem == line


def test_two_files_of_other_kinds_may_lie_in_one_folder(tmp_path: Path) -> None:
    names = ("a", "b")
    for name in names:
        (tmp_path / f"{name}.yaml").write_text("chaos: twin\nrules: [{faults: crlf}]\n")
    assert lint_files([tmp_path / f"{name}.yaml" for name in names], contract()) == []


def test_every_kind_has_a_check() -> None:
    assert set(CHECKS) == set(KINDS)
