"""The names of a session's ledgers: one pair of functions builds and reads them, and no two accounts share one."""

import msgspec
import pytest

from mockserver.accounts import ledger_names
from tests.support.bank import Bank
from tests.support.engine import script

STEERED = script("""
scenario: steered
account: {credits: 3}
turns:
  - reply: hello
    usage: {input: 1200, output: 800}
    times: always
""")


def test_the_account_of_a_scenario_called_steered_is_not_the_sessions_own() -> None:
    bank = Bank(scripts=[STEERED])
    bank.say("sk_a")
    assert bank.left("sk_a") == 1
    [(id, session)] = bank.sessions.items()
    overrides = msgspec.structs.replace(session.overrides, account='{"credits": 10}')
    bank.sessions[id] = msgspec.structs.replace(session, overrides=overrides)
    assert bank.left("sk_a") == 10
    bank.say("sk_a")
    assert bank.left("sk_a") == 8
    bank.sessions[id] = msgspec.structs.replace(bank.sessions[id], overrides=session.overrides)
    assert bank.left("sk_a") == 1


@pytest.mark.parametrize("name", ["steered", "session", "next", "a", "scenario"])
def test_the_ledger_of_a_scenario_is_read_back_as_its_scenario(name: str) -> None:
    assert ledger_names.scenario_of(ledger_names.ledger_name(name)) == name


def test_the_ledger_of_the_sessions_own_account_belongs_to_no_scenario() -> None:
    assert ledger_names.scenario_of(ledger_names.OWN) is None
    assert ledger_names.ledger_name(None) == ledger_names.OWN


@pytest.mark.parametrize("name", ["key-0123456789ab", "user-0123456789ab"])
def test_the_ledger_of_an_account_of_the_file_belongs_to_no_scenario(name: str) -> None:
    assert ledger_names.scenario_of(name) is None
