"""Scenes about an account: what it has left, what an answer costs, who is logged in."""

import base64
import json
import math
from urllib.parse import urlencode

from mockserver.contracts.client import JSON_HEADERS, Client, NotExaminable
from mockserver.contracts.exchange import CheckedExchange, Json, SentRequest, dig, read_json
from mockserver.contracts.probe import probe

DAY = 86_400
CLAIMS = ("sub", "exp", "iat")


def number(value: Json) -> float | None:
    """A number that is no boolean."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def balance(talk: Client, key: str | None = None) -> tuple[CheckedExchange, float]:
    """What is left, of a metered account."""
    exchange = talk.get(talk.operation("credits_balance"), key=key)
    left = number(dig(exchange.answer.json, "remaining_credits"))
    if exchange.answer.status != 200 or left is None:
        raise NotExaminable(f"the balance cannot be read (status {exchange.answer.status})")
    return exchange, left


@probe("balance-adds-up")
def adds_up(talk: Client) -> None:
    """Total, used, remaining, percentage."""
    exchange, left = balance(talk, talk.target.aids.get("metered"))
    body = exchange.answer.json
    total, used = number(dig(body, "total_credits")), number(dig(body, "used_credits"))
    if dig(body, "unlimited") is True or total is None or used is None:
        raise NotExaminable("the account is unlimited, or the balance has no total")
    right = math.isclose(max(total - used, 0), max(left, 0), abs_tol=0.01)
    talk.check("balance-adds-up", right, f"total {total} - used {used} is not remaining {left}", exchange)
    percentage = number(dig(body, "usage_percentage"))
    if percentage is not None and total > 0:
        right = math.isclose(percentage, 100 * used / total, abs_tol=0.11)
        talk.check("balance-adds-up", right, f"usage_percentage {percentage}, {used} of {total}", exchange)


def _metered_key(talk: Client) -> str | None:
    exchange = talk.get(talk.operation("credits_balance"), key=talk.target.aids.get("metered"))
    if exchange.answer.status != 200 or dig(exchange.answer.json, "unlimited") is not False:
        talk.aid("metered")
        raise NotExaminable("the account is unlimited")
    if talk.target.aids.get("metered") is None and talk.target.aids.get("unmetered"):
        raise NotExaminable(talk.target.aids["unmetered"])
    return talk.target.aids.get("metered")


@probe("balance-falls")
def costs(talk: Client) -> None:
    """An answer costs; whole, streamed, and on each wire; a managed answer says how much."""
    key = _metered_key(talk)
    names = ("messages", "chat") if talk.target.paid else ("messages", "chat", "chat_managed_public")
    for name in names:
        if not talk.has(name):
            continue
        operation = talk.operation(name)
        for stream in (False, True)[: 1 if talk.target.paid else 2]:
            _, before = balance(talk, key)
            exchange = talk.post(operation, talk.say(operation, stream=stream), key=key)
            _, after = balance(talk, key)
            got = f"the balance was {before}, is {after}"
            talk.check("balance-falls", after < before, got, exchange)
            consumed = number(dig(exchange.answer.json, "credits_consumed"))
            left = number(dig(exchange.answer.json, "credits_remaining"))
            if consumed is not None:
                right = math.isclose(before - after, consumed, abs_tol=1e-6)
                talk.check("balance-falls", right, f"{got}; credits_consumed is {consumed}", exchange)
            if left is not None:
                right = math.isclose(after, left, abs_tol=1e-6)
                talk.check("balance-falls", right, f"{got}; credits_remaining is {left}", exchange)


@probe("refused-is-free")
def refused(talk: Client) -> None:
    """What is refused costs nothing."""
    key = _metered_key(talk)
    operation = talk.operation("messages")
    _, before = balance(talk, key)
    exchange = talk.post(operation, talk.say(operation, max_tokens=0), key=key)
    talk.post(operation, b"{", key=key)
    _, after = balance(talk, key)
    talk.check("refused-is-free", before == after, f"the balance was {before}, is {after}", exchange)


@probe("byok-is-free")
def byok_free(talk: Client) -> None:
    """BYOK is the provider's bill."""
    key = _metered_key(talk)
    operation = talk.operation("chat_byok")
    _, before = balance(talk, key)
    exchange = talk.post(operation, talk.say(operation), key=key)
    _, after = balance(talk, key)
    talk.check("byok-is-free", before == after, f"the balance was {before}, is {after}", exchange)


def claims(token: str) -> Json:
    """The claims of a JWT, or None if it is none. The signature is the gateway's own affair."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return read_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None


def _token(exchange: CheckedExchange, name: str = "access_token") -> str:
    found = dig(exchange.answer.json, name)
    if exchange.answer.status != 200 or not isinstance(found, str):
        raise NotExaminable(f"no {name} (status {exchange.answer.status})")
    return found


def _login(talk: Client, email: str, password: str) -> CheckedExchange:
    operation = talk.operation("login")
    return talk.post(operation, {"email": email, "password": password}, headers={})


def _me(talk: Client, token: str) -> CheckedExchange:
    return talk.get(talk.operation("me"), headers={"authorization": f"Bearer {token}"})


@probe("login", "me", "refresh", "logout", "token-forged")
def session(talk: Client) -> None:
    """Login, me, a forged token, refresh, me, logout, me."""
    email, _, password = talk.aid("login").partition(":")
    opened = _login(talk, email, password)
    talk.expect("login", opened, 200)
    token = _token(opened)
    _check_token(talk, token, opened)
    me = _me(talk, token)
    right = me.answer.status == 200 and dig(me.answer.json, "email") == email
    talk.check("me", right, f"status {me.answer.status}, e-mail {dig(me.answer.json, 'email')!r}", me)
    head, _, signature = token.rpartition(".")
    forged = f"{head}.{signature[:-2][::-1]}{signature[-2:]}"
    talk.expect("token-forged", _me(talk, forged), 401)
    newer = _refresh(talk, _token(opened, "refresh_token"))
    if newer is not None:
        talk.expect("refresh", _me(talk, newer), 200)
    closing = talk.operation("logout") if talk.has("logout") else None
    if closing is not None:
        # A gateway may end the whole login with either token, so only the first of them must still be good.
        for number, last in enumerate([*([newer] if newer else []), token]):
            headers = JSON_HEADERS | {"authorization": f"Bearer {last}"}
            closed = talk.send(SentRequest("POST", closing.path, headers, b""))
            talk.expect("logout", closed, *((200,) if number == 0 else (200, 401)))
            talk.expect("logout", _me(talk, last), 401)


def _check_token(talk: Client, token: str, opened: CheckedExchange) -> None:
    inside = claims(token)
    missing = [name for name in CLAIMS if dig(inside, name) is None]
    talk.check("login", not missing, f"the access token is no JWT with {', '.join(missing)}", opened)
    issued, expires = number(dig(inside, "iat")), number(dig(inside, "exp"))
    if issued is not None and expires is not None:
        talk.check("login", expires - issued == DAY, f"the token lives {expires - issued:.0f} s", opened)
    lasts = dig(opened.answer.json, "expires_in")
    talk.check("login", lasts in (None, DAY), f"expires_in is {lasts}", opened)


def _refresh(talk: Client, token: str) -> str | None:
    operation = talk.operation("refresh")
    exchange = talk.post(operation, {"refresh_token": token}, headers={})
    if exchange.answer.status == 401:  # D1 names no body: the refresh token may have to come as Bearer
        headers = JSON_HEADERS | {"authorization": f"Bearer {token}"}
        exchange = talk.send(SentRequest("POST", operation.path, headers, b""))
    talk.expect("refresh", exchange, 200)
    found = dig(exchange.answer.json, "access_token")
    return found if isinstance(found, str) else None


@probe("login-form")
def form(talk: Client) -> None:
    """The same login, as a form: username and password."""
    email, _, password = talk.aid("login").partition(":")
    headers = JSON_HEADERS | {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"username": email, "password": password}).encode()
    opened = talk.send(SentRequest("POST", talk.operation("login").path, headers, body))
    if talk.expect("login-form", opened, 200):
        given = isinstance(dig(opened.answer.json, "access_token"), str)
        talk.check("login-form", given, "no access_token", opened)


@probe("login-refused")
def wrong_password(talk: Client) -> None:
    """A wrong password, and half a login."""
    email, _, password = talk.aid("user").partition(":")
    talk.expect("login-refused", _login(talk, email, password + "x"), 401)
    operation = talk.operation("login")
    talk.expect("login-refused", talk.post(operation, json.dumps({"email": email}).encode(), headers={}), 422)


PROBES = (
    adds_up,
    costs,
    refused,
    byok_free,
    session,
    form,
    wrong_password,
)
