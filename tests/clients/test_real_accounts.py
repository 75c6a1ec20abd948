"""What the official Python SDKs see of an account, in every version, on a clock that is moved and never waited for."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from mockserver import billing, ledger, server
from mockserver.accounts import Accounts
from mockserver.app import Gateway
from mockserver.clock import FixedClock
from mockserver.engine import Engine, Settings
from mockserver.keys import session_of
from mockserver.ledger import Ledger
from mockserver.session import Session
from mockserver.sessions import MemoryStore
from tests.bank import accounts_of
from tests.clients.roster import CLIENTS, HERE, PACKAGES, TIME_LIMIT, Client
from tests.support import contract, turns

ACCOUNTS = """
accounts:
  - {key: sk_three, plan: starter, credits: 3}
  - {key: sk_slow, plan: pro, limits: {requests: 1, per: 20s}}
  - {user: {email: jo@example.com, password: secret}, plan: pro}
"""
TWO = turns("  - reply: Here you are.\n    usage: {input: 1200, output: 800}\n    times: always")
TEXT = "Here you are."
HOME = session_of("sk_three")

PYTHON = [client for client in CLIENTS if client.program.file.endswith(".py")]
NAMES = {403: "PermissionDeniedError"}


def bought(accounts: Accounts, credits: Decimal, now: float) -> Callable[[Session], tuple[Session, Ledger | None]]:
    holder = accounts.holder_of_key("sk_three")
    return billing.movement(holder, now, lambda books: ledger.top_up(books, credits))


def run(client: Client) -> tuple[dict[str, Any], list[float]]:
    """What the program saw, and the seconds that its SDK wanted to wait."""
    clock, store, accounts = FixedClock(), MemoryStore(), Accounts(accounts_of(ACCOUNTS))
    waits: list[float] = []
    settings = Settings(scenario="test", strict_models=True)
    engine = Engine(contract(), {"test": TWO}, settings, accounts)
    command = [sys.executable, "-S", str(HERE / "python_accounts.py")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGES / client.program.packages)}
    with server.running(Gateway(engine, store=store, clock=clock)) as url:
        sdk = client.name.partition("-")[0]
        with subprocess.Popen(
            [*command, url, sdk], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        ) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            for line in program.stdout:
                what, value = json.loads(line)
                if what == "done":
                    program.wait(TIME_LIMIT)
                    return value, waits
                if what == "top_up":
                    asyncio.run(store.update(HOME, bought(accounts, Decimal(value), clock.now())))
                else:
                    clock.advance(value)
                if what == "wait":
                    waits.append(value)
                program.stdin.write("\n")
                program.stdin.flush()
    raise AssertionError("the program ended without a word")


@pytest.mark.parametrize("client", PYTHON, ids=str)
def test_an_account_acts_out_for_the_real_sdk(client: Client) -> None:
    def error(status: int) -> list[object]:
        return [{**client.errors, **NAMES}[status], status]

    seen, waits = run(client)
    assert seen == {
        "refused key": error(401),
        "model of another plan": error(403),
        "unknown model": error(404),
        "run out": [TEXT, 1, TEXT, -1, error(402), -1, TEXT, 2],
        "token": [TEXT, error(401), TEXT],
        "window": [TEXT, error(429), TEXT],
    }
    assert waits == [17]
