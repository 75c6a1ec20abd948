"""The account behind a session, found without the session's key.

The key is not stored, so the session itself decides: an account of the server's file that uses this session, else the
account chosen for the session, else that of a scenario that it plays or has played.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import msgspec
import orjson

from mockserver.accounts import billing, ledger
from mockserver.accounts.identify import Holder
from mockserver.accounts.ledger import Ledger
from mockserver.accounts.ledger_names import OWN, ledger_name, scenario_of
from mockserver.accounts.session import Session
from mockserver.engine.overrides import read_account
from mockserver.engine.step import Engine
from mockserver.scenarios.script import Script


def account_holder(session: Session, engine: Engine) -> Holder | None:
    """Return the holder of the session's account; None if it has no account."""
    account = engine.accounts.account_of_session(session.id)
    if account is not None:
        return Holder(ledger_name=session.id, account=account)
    if session.overrides.account is not None:
        return Holder(ledger_name=OWN, account=read_account(session.overrides.account))
    for script in _played(session, engine):
        if script.account is not None:
            return Holder(ledger_name=ledger_name(script.name), account=script.account)
    return None


def _played(session: Session, engine: Engine) -> Iterator[Script]:
    """Yield the scenarios that the session plays or has played; the chosen one first."""
    names = [
        session.overrides.scenario,
        *_scenarios_with_ledgers(session.ledgers),
        *session.progress,
        engine.settings.scenario,
    ]
    for name in dict.fromkeys(names):
        if name is not None and name in engine.scripts:
            yield engine.scripts[name]


def _scenarios_with_ledgers(ledgers: Mapping[str, Ledger]) -> list[str]:
    return [scenario for name in reversed(list(ledgers)) if (scenario := scenario_of(name)) is not None]


def ledger_now(session: Session, engine: Engine, now: float) -> tuple[Holder, Ledger] | None:
    """Return the holder and the ledger at time `now`; None if the session has no account."""
    holder = account_holder(session, engine)
    if holder is None or holder.account is None:
        return None
    return holder, billing.ledger_of(session, holder.ledger_name, holder.account, now)


def move_balance(
    engine: Engine, host: float, *, top_up: Decimal | None, drain: Decimal | None
) -> Callable[[Session], Session]:
    """Return a change of a session that moves its balance. A session without an account gets one, on plan starter."""

    def move(before: Ledger) -> Ledger:
        return ledger.top_up(before, top_up) if top_up is not None else ledger.drain(before, drain or Decimal(0))

    def change(session: Session) -> Session:
        now = session.clock.at(host)
        current = ledger_now(session, engine, now)
        if current is None:
            credits = top_up if top_up is not None else drain or Decimal(0)
            account = orjson.dumps({"plan": "starter", "credits": str(credits)}).decode()
            return msgspec.structs.replace(
                session, overrides=msgspec.structs.replace(session.overrides, account=account)
            )
        after, _ = billing.movement(current[0], now, move)(session)
        return after

    return change
