"""The default answers of the account's operations: balance, login, refresh, me, logout.

A scenario turn that names the operation takes precedence.
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
"""The most ended logins that one session remembers; the oldest are forgotten first."""


class AccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that such an answer depends on. `form` is the parsed body of the request."""

    accounts: Accounts
    holder: Holder
    session: Session
    script: ScenarioAccount | None
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, object]
    now: float

    def __repr__(self) -> str:
        return f"<request by {self.holder!r}>"  # the other fields hold keys and passwords


Answer: TypeAlias = tuple[Session, bytes]


def balance(request: AccountRequest) -> Answer:
    """Answer GET credits/balance with the observed object; its numbers are exact."""
    account, plan = request.holder.account, request.holder.plan
    if account is None:
        end: int | None
        start = datetime.fromtimestamp(request.now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        granted, used, begun, end = MONTHLY_CREDITS[plan], ZERO, int(start.timestamp()), None
    else:
        ledger = ledger_of(request.session, request.holder.ledger_name, account, request.now)
        granted, used = ledger.granted, ledger.used
        begun, end = ledger.period[0], None if account.unlimited else ledger.period[1]
        if request.holder.ledger_name not in request.session.ledgers:  # the answer shows a period, which begins now
            session = request.session.with_ledger(request.holder.ledger_name, ledger)
            request = msgspec.structs.replace(request, session=session)
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
    return request.session, orjson.dumps(body)


def login(request: AccountRequest) -> Answer:
    """Answer POST auth/login: JSON with email, or a form with username. Raises `Refusal` 401."""
    fields = request.form  # the contract has checked that both are there and not empty
    email, password = str(fields.get("email") or fields["username"]), str(fields["password"])
    accounts, session = request.accounts, request.session
    holder = accounts.with_scenario_account(accounts.log_in(email, password, request.script), request.script)
    origin = (session.seed, session.id, session.requests)
    pair = tokens.issue(accounts.secret, holder.person.claims, request.now, *origin)
    return session, _tokens(pair, holder)


def refresh(request: AccountRequest) -> Answer:
    """Answer POST auth/refresh: a refresh token in the body, else any token of ours as Bearer. Raises `Refusal` 401."""
    accounts, session = request.accounts, request.session
    key = refresh_token_in(request.body) or bearer_of(request.headers)
    if key is None:
        raise Refusal(401, "missing_refresh_token", "No refresh token. Send it as refresh_token or as Bearer.")
    origin = (session.seed, session.id, session.requests)
    if tokens.is_token(key):
        claims = accounts.verify_token(key, session, request.now, "refresh")
        holder = accounts.with_scenario_account(accounts.holder_of(claims, key), request.script)
        pair = tokens.issue_pair(accounts.secret, holder.person.claims, request.now, claims.sid, *origin)
    elif accounts.takes_any_key:
        holder = Holder(person_of("user@example.com"))
        pair = tokens.issue(accounts.secret, holder.person.claims, request.now, *origin)
    else:
        raise tokens.refused("token_malformed")
    return session, _tokens(pair, holder)


def me(request: AccountRequest) -> Answer:
    """Answer GET auth/me with the user of the token or key."""
    return request.session, orjson.dumps(_user(request.holder.person, request.holder.plan))


def logout(request: AccountRequest) -> Answer:
    """Answer POST auth/logout: every token of this login is revoked."""
    session, claims = request.session, request.holder.claims
    if claims is not None:
        last = int(request.now) + tokens.LIFETIMES["refresh"]
        alive = [(sid, until) for sid, until in session.revoked.items() if until > request.now]
        session = msgspec.structs.replace(session, revoked=dict([*alive, (claims.sid, last)][-MOST_REVOKED:]))
    return session, orjson.dumps({"message": "Logged out"})


ANSWERS: Mapping[str, Callable[[AccountRequest], Answer]] = {
    "credits_balance": balance,
    "login": login,
    "refresh": refresh,
    "me": me,
    "logout": logout,
}
"""Operation name -> the function that returns the session afterwards and the body of its 200."""


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
