"""docs/accounts.md is true: its files load, its program runs, its scenario does what it says."""

import re
from pathlib import Path

import pytest

from mockserver.accounts import handlers, tokens
from mockserver.accounts.schema import Account, AccountsFile
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files.accounts_file import load_accounts
from mockserver.files.library import load_library
from tests.support.bank import BALANCE, MESSAGES, Bank
from tests.support.engine import contract, script

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "accounts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
YAML = [text for language, text in BLOCKS if language == "yaml"]
PYTHON = [text for language, text in BLOCKS if language == "python"]
SHIPPED = {"credits-run-out", "plan-window-full", "stream-cut-by-credits"}


def test_the_accounts_of_the_page_and_the_example_file_load(tmp_path: Path) -> None:
    files = [text for text in YAML if text.startswith("accounts:")]
    assert files
    for text in files:
        (tmp_path / "accounts.yaml").write_text(text, encoding="utf-8")
        assert load_accounts(tmp_path / "accounts.yaml").accounts[0].key == "sk_three"
    assert len(load_accounts(DOCS / "accounts.yaml").accounts) == 4


def test_the_scenario_of_the_page_runs_out() -> None:
    found = [text for text in YAML if text.startswith("scenario:")]
    for text in found:
        bank = Bank(scripts=[script(text)])
        assert [bank.say("sk_a").status for _ in range(3)] == [200, 200, 402]
    assert found


@pytest.mark.parametrize("program", PYTHON)
def test_the_programs_of_the_page_run(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DOCS.parent)
    exec(compile(program, "accounts.md", "exec"), {})


def test_the_page_names_every_key_and_every_code_and_nothing_else() -> None:
    rows = {name for row in re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert rows >= set(Account.model_fields)
    assert set(re.findall(r"`(token_\w+)`", PAGE)) - {"token_limit_exceeded"} == set(tokens.MESSAGES)
    assert set(handlers.ANSWERS) == {"credits_balance", "login", "refresh", "me", "logout"}
    assert set(AccountsFile.model_fields) == {"accounts", "prices", "unknown_keys"}


def test_the_module_docstring_of_account_is_a_file_that_loads(tmp_path: Path) -> None:
    import mockserver.accounts.schema as module

    text = re.findall(r"```yaml\n(.*?)```", module.__doc__ or "", re.DOTALL)[0]
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert len(load_accounts(tmp_path / "a.yaml").accounts) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_the_shipped_scenarios_do_what_they_say(stream: bool) -> None:
    scripts = load_library(contract()).scripts
    assert set(scripts) >= SHIPPED
    out = Bank(scripts=[scripts["credits-run-out"]])
    assert [out.say("sk_a", stream=stream).status for _ in range(4)] == [200, 200, 402, 402]
    full = Bank(scripts=[scripts["plan-window-full"]])
    assert [full.say("sk_a", stream=stream).status for _ in range(4)] == [200, 200, 200, 429]
    assert full.say("sk_a").headers["retry-after"] == "60"
    cut = Bank(scripts=[scripts["stream-cut-by-credits"]])
    answer = cut.say("sk_a", MESSAGES, stream=stream)
    assert answer.status == 200
    assert (answer.frames[-1].event == "error") is stream
    assert cut.say("sk_a").status == 402
    assert cut.get(BALANCE, "sk_a").json["remaining_credits"] == (0 if stream else -0.5)


def test_a_file_with_mistakes_is_told_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text("accounts:\n  - {key: sk_a, plan: gold}\n  - {key: sk_b, kredits: 3}\n", encoding="utf-8")
    with pytest.raises(AuthorError) as caught:
        load_accounts(file)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (2, "accounts[0].plan"),
        (3, "accounts[1].kredits"),
    ]
    with pytest.raises(OperatorError, match="file not found"):
        load_accounts(tmp_path / "none.yaml")
