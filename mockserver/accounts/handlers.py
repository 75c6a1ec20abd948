"""What the account's own operations answer: the balance, login, refresh, me, logout.

A scenario turn that names the operation comes first; this table is what is left.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

import msgspec
import orjson

from mockserver.accounts import tokens
from mockserver.accounts.billing import ledger_of, number
from mockserver.accounts.identify import Accounts, Holder, Person, ScenarioAccount, person_of, refresh_token_in
from mockserver.accounts.keys import bearer_of
from mockserver.accounts.ledger import ZERO
from mockserver.accounts.plans import MONTHLY_CREDITS
from mockserver.accounts.session import Session
from mockserver.core.errors import Refusal

MOST_REVOKED = 1_000
"""The most logins of one session that are remembered as ended; the oldest are forgotten first."""


class AccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that such an answer depends on. `form` is the parsed body of a login."""

    accounts: Accounts
    holder: Holder
    session: Session
    script: ScenarioAccount | None
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, object]
    now: float

    def __repr__(self) -> str:
        return f"<asked by {self.holder!r}>"  # keys and passwords are in the rest


Answer: TypeAlias = tuple[Session, bytes]


def balance(asked: AccountRequest) -> Answer:
    """GET credits/balance: the observed object, its numbers exact."""
    account, plan = asked.holder.account, asked.holder.plan
    if account is None:
        end: int | None
        start = datetime.fromtimestamp(asked.now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        granted, used, begun, end = MONTHLY_CREDITS[plan], ZERO, int(start.timestamp()), None
    else:
        ledger = ledger_of(asked.session, asked.holder.books, account, asked.now)
        granted, used = ledger.granted, ledger.used
        begun, end = ledger.period[0], None if account.unlimited else ledger.period[1]
        if asked.holder.books not in asked.session.ledgers:  # the period that it is told has begun
            session = asked.session.with_ledger(asked.holder.books, ledger)
            asked = msgspec.structs.replace(asked, session=session)
    share = (used * 100 / granted).quantize(Decimal("0.0001")) if granted else Decimal(100)
    body = {
        "total_credits": number(granted),
        "used_credits": number(used),
        "remaining_credits": number(granted - used),
        "unlimited": account is None or account.unlimited,
        "plan": plan,
        "period_start": _time(begun),
        "period_end": None if end is None else _time(end),
        "usage_percentage": number(share),
    }
    return asked.session, orjson.dumps(body)


def login(asked: AccountRequest) -> Answer:
    """POST auth/login: JSON with email, or a form with username. Raises `Refusal` 401 or 422."""
    email = asked.form.get("email") or asked.form.get("username")
    password = asked.form.get("password")
    if not isinstance(email, str) or not isinstance(password, str) or not email or not password:
        missing = "password" if email else "username"
        raise Refusal(422, "validation_error", f"{missing}: Field required", param=missing)
    holder = asked.accounts.with_scenario_account(asked.accounts.log_in(email, password, asked.script), asked.script)
    session = asked.session
    origin = (session.seed, session.id, session.requests)
    pair = tokens.issue(asked.accounts.secret, holder.person.claims, asked.now, *origin)
    return session, _tokens(pair, holder)


def refresh(asked: AccountRequest) -> Answer:
    """POST auth/refresh: the refresh token in the body, else any token of ours as Bearer. Raises `Refusal` 401."""
    accounts, session = asked.accounts, asked.session
    key = refresh_token_in(asked.body) or bearer_of(asked.headers)
    if key is None:
        raise Refusal(401, "missing_refresh_token", "No refresh token. Send it as refresh_token or as Bearer.")
    origin = (session.seed, session.id, session.requests)
    if tokens.is_token(key):
        claims = accounts.judge(key, session, asked.now, "refresh")
        holder = accounts.with_scenario_account(accounts.holder_of(claims, key), asked.script)
        pair = tokens.tuple_of(accounts.secret, holder.person.claims, asked.now, claims.sid, *origin)
    elif accounts.takes_any_key:
        holder = Holder(person_of("user@example.com"))
        pair = tokens.issue(accounts.secret, holder.person.claims, asked.now, *origin)
    else:
        raise tokens.refused("token_malformed")
    return session, _tokens(pair, holder)


def me(asked: AccountRequest) -> Answer:
    """GET auth/me: the user of the token or key."""
    return asked.session, orjson.dumps(_user(asked.holder.person, asked.holder.plan))


def logout(asked: AccountRequest) -> Answer:
    """POST auth/logout: every token of this login is revoked."""
    session, claims = asked.session, asked.holder.claims
    if claims is not None:
        last = int(asked.now) + tokens.LIFETIMES["refresh"]
        alive = [(sid, until) for sid, until in session.revoked.items() if until > asked.now]
        session = msgspec.structs.replace(session, revoked=dict([*alive, (claims.sid, last)][-MOST_REVOKED:]))
    return session, orjson.dumps({"message": "Logged out"})


ANSWERS: Mapping[str, Callable[[AccountRequest], Answer]] = {
    "credits_balance": balance,
    "login": login,
    "refresh": refresh,
    "me": me,
    "logout": logout,
}
"""The operation's name -> the session afterwards and the body of its 200."""


def _tokens(pair: tuple[str, str], holder: Holder) -> bytes:
    return orjson.dumps(
        {
            "access_token": pair[0],
            "refresh_token": pair[1],
            "token_type": "bearer",
            "expires_in": tokens.LIFETIMES["access"],
            "user": _user(holder.person, holder.plan),
        }
    )


def _user(person: Person, plan: str) -> dict[str, object]:
    return {"id": person.id, "email": person.email, "name": person.name, "role": person.role, "plan": plan}


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
