"""The gate judges the target alone: no foreign configuration and no invented person decides the result."""

from pathlib import Path

import pytest

from mockserver.accounts.identify import Accounts
from mockserver.contracts import generated_requests
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.accounts_file import load_accounts
from mockserver.files.bundled import OPENAPI
from mockserver.files.contract import load_contract
from mockserver.files.library import load_library
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.gate.support import document, run

ACCOUNTS = Path(OPENAPI).parent / "docs" / "accounts.yaml"
PERSONAL = ("login", "login-form", "login-refused", "me", "refresh", "logout", "token-forged")


@pytest.mark.parametrize(
    "content", ["nonsense = [", 'base-url = "http://example.com"\n[generation]\nmode = "negative"\n']
)
def test_a_schemathesis_configuration_of_the_folder_is_not_read(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(generated_requests._make(document(), 3, 2, ["chat"]))
    (tmp_path / "schemathesis.toml").write_text(content)
    monkeypatch.chdir(tmp_path)
    assert list(generated_requests._make(document(), 3, 2, ["chat"])) == expected


def test_a_user_whom_the_gate_invented_breaks_no_promise() -> None:
    contract = load_contract()
    known = Accounts(load_accounts(ACCOUNTS))
    engine = Engine(contract, load_library(contract, None).scripts, EngineSettings(), known)
    with uvicorn.running(Gateway(engine)) as url:
        done = run(url, only=PERSONAL)
    states = {name: entry.state for name, entry in done.results.entries.items()}
    assert states == dict.fromkeys(PERSONAL, "not examined")
    assert all("--login" in entry.reason for entry in done.results.entries.values())
