"""Whose books a session has: the account behind it, found without a key, for the operator who steers it.

A session's key is not kept, so the account is found by what the session says: its own chosen account, an account of the
server's file that lives in this session, else that of a scenario which it plays or has played.
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
from mockserver.scenarios.compile import Script


def holder_of(session: Session, engine: Engine) -> Holder | None:
    """Who the session's requests belong to, as far as they have an account."""
    home = engine.accounts.account_at(session.id)
    if home is not None:
        return Holder(books=session.id, account=home)
    if session.steering.account is not None:
        return Holder(books=OWN, account=read_account(session.steering.account))
    for script in _played(session, engine):
        if script.account is not None:
            return Holder(books=ledger_name(script.name), account=script.account)
    return None


def _played(session: Session, engine: Engine) -> Iterator[Script]:
    """The scenarios that the session plays, or has played: what was chosen for it first."""
    names = [session.steering.scenario, *_with_books(session.ledgers), *session.progress, engine.settings.scenario]
    for name in dict.fromkeys(names):
        if name is not None and name in engine.scripts:
            yield engine.scripts[name]


def _with_books(ledgers: Mapping[str, Ledger]) -> list[str]:
    return [scenario for name in reversed(list(ledgers)) if (scenario := scenario_of(name)) is not None]


def ledger_now(session: Session, engine: Engine, now: float) -> tuple[Holder, Ledger] | None:
    """The books of the session's account as they are now; None where nothing is paid."""
    holder = holder_of(session, engine)
    if holder is None or holder.account is None:
        return None
    return holder, billing.ledger_of(session, holder.books, holder.account, now)


def move_balance(
    engine: Engine, host: float, *, top_up: Decimal | None, drain: Decimal | None
) -> Callable[[Session], Session]:
    """A movement of the balance, as a change of a session. A session without an account gets one, on plan starter."""

    def move(books: Ledger) -> Ledger:
        return ledger.top_up(books, top_up) if top_up is not None else ledger.drain(books, drain or Decimal(0))

    def change(session: Session) -> Session:
        now = session.clock.at(host)
        found = ledger_now(session, engine, now)
        if found is None:
            left = top_up if top_up is not None else drain or Decimal(0)
            words = orjson.dumps({"plan": "starter", "credits": str(left)}).decode()
            return msgspec.structs.replace(session, steering=msgspec.structs.replace(session.steering, account=words))
        after, _ = billing.movement(found[0], now, move)(session)
        return after

    return change
