"""Probes of an account: its balance, what an answer costs, logging in and out."""

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
    """Return a number, or None for any other value. A boolean is no number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def balance(client: Client, key: str | None = None) -> tuple[CheckedExchange, float]:
    """Return the exchange that reads the balance, and the remaining credits."""
    exchange = client.get(client.operation("credits_balance"), key=key)
    left = number(dig(exchange.response.json, "remaining_credits"))
    if exchange.response.status != 200 or left is None:
        raise NotExaminable(f"the balance cannot be read (status {exchange.response.status})")
    return exchange, left


@probe("balance-adds-up")
def adds_up(client: Client) -> None:
    """Compare total, used and remaining credits, and the percentage."""
    exchange, left = balance(client, client.target.credentials.get("metered"))
    body = exchange.response.json
    total, used = number(dig(body, "total_credits")), number(dig(body, "used_credits"))
    if dig(body, "unlimited") is True or total is None or used is None:
        raise NotExaminable("the account is unlimited, or the balance has no total")
    right = math.isclose(max(total - used, 0), max(left, 0), abs_tol=0.01)
    client.check("balance-adds-up", right, f"total {total} - used {used} is not remaining {left}", exchange)
    percentage = number(dig(body, "usage_percentage"))
    if percentage is not None and total > 0:
        right = math.isclose(percentage, 100 * used / total, abs_tol=0.11)
        client.check("balance-adds-up", right, f"usage_percentage {percentage}, {used} of {total}", exchange)


def metered_key(client: Client) -> str | None:
    """Return the key of a metered account; None is the ordinary key. Raises `NotExaminable` without one."""
    exchange = client.get(client.operation("credits_balance"), key=client.target.credentials.get("metered"))
    if exchange.response.status != 200 or dig(exchange.response.json, "unlimited") is not False:
        client.credential("metered")
        raise NotExaminable("the account is unlimited")
    if client.target.credentials.get("metered") is None and client.target.credentials.get("unmetered"):
        raise NotExaminable(client.target.credentials["unmetered"])
    return client.target.credentials.get("metered")


@probe("balance-falls")
def costs(client: Client) -> None:
    """Compare the balance before and after an answer: whole and streamed, on each wire, and managed."""
    key = metered_key(client)
    names = ("messages", "chat") if client.target.paid else ("messages", "chat", "chat_managed_public")
    for name in names:
        if not client.has(name):
            continue
        operation = client.operation(name)
        for stream in (False, True)[: 1 if client.target.paid else 2]:
            _, before = balance(client, key)
            exchange = client.post(operation, client.body(operation, stream=stream), key=key)
            _, after = balance(client, key)
            got = f"the balance was {before}, is {after}"
            client.check("balance-falls", after < before, got, exchange)
            consumed = number(dig(exchange.response.json, "credits_consumed"))
            left = number(dig(exchange.response.json, "credits_remaining"))
            if consumed is not None:
                right = math.isclose(before - after, consumed, abs_tol=1e-6)
                client.check("balance-falls", right, f"{got}; credits_consumed is {consumed}", exchange)
            if left is not None:
                right = math.isclose(after, left, abs_tol=1e-6)
                client.check("balance-falls", right, f"{got}; credits_remaining is {left}", exchange)


@probe("refused-is-free")
def refused(client: Client) -> None:
    """Compare the balance before and after each kind of refusal: by JSON, by a field, by a limit, by the model."""
    key = metered_key(client)
    for name in ("messages",) if client.target.paid else ("messages", "chat"):
        operation = client.operation(name)
        long = [{"model": "no-such-model-of-the-gate"}, {"messages": "Hello"}, {"temperature": 9}]
        fields = [{"max_tokens": 0}, *(long if not client.target.paid else ())]
        _, after = balance(client, key)
        for body in (b"{", *(client.body(operation) | each for each in fields)):
            before = after
            exchange = client.post(operation, body, key=key)
            _, after = balance(client, key)
            if exchange.response.status != 200:  # what is answered costs something
                client.check("refused-is-free", before == after, f"the balance was {before}, is {after}", exchange)


@probe("byok-is-free")
def byok_free(client: Client) -> None:
    """Compare the balance before and after a BYOK request."""
    key = metered_key(client)
    operation = client.operation("chat_byok")
    _, before = balance(client, key)
    exchange = client.post(operation, client.body(operation), key=key)
    _, after = balance(client, key)
    client.check("byok-is-free", before == after, f"the balance was {before}, is {after}", exchange)


def claims(token: str) -> Json:
    """Return the claims of a JWT, or None if it is none. Only the gateway can check the signature."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return read_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None


def token_of(exchange: CheckedExchange, name: str = "access_token") -> str:
    """Return a token of a login. Raises `NotExaminable` if there is none."""
    token = dig(exchange.response.json, name)
    if exchange.response.status != 200 or not isinstance(token, str):
        raise NotExaminable(f"no {name} (status {exchange.response.status})")
    return token


def log_in(client: Client, email: str, password: str) -> CheckedExchange:
    """Return the exchange of a login."""
    operation = client.operation("login")
    return client.post(operation, {"email": email, "password": password}, headers={})


def read_me(client: Client, token: str) -> CheckedExchange:
    """Return the exchange that reads the user of a token."""
    return client.get(client.operation("me"), headers={"authorization": f"Bearer {token}"})


@probe("login", "me", "refresh", "logout", "token-forged")
def session(client: Client) -> None:
    """Log in, read /auth/me, try a forged token, refresh, log out."""
    email, _, password = client.credential("login").partition(":")
    opened = log_in(client, email, password)
    client.require_known("login", opened)
    client.expect("login", opened, 200)
    token = token_of(opened)
    _check_token(client, token, opened)
    me = read_me(client, token)
    right = me.response.status == 200 and dig(me.response.json, "email") == email
    client.check("me", right, f"status {me.response.status}, e-mail {dig(me.response.json, 'email')!r}", me)
    head, _, signature = token.rpartition(".")
    forged = f"{head}.{signature[:-2][::-1]}{signature[-2:]}"
    client.expect("token-forged", read_me(client, forged), 401)
    newer = refreshed(client, token_of(opened, "refresh_token"))
    if newer is not None:
        client.expect("refresh", read_me(client, newer), 200)
    closing = client.operation("logout") if client.has("logout") else None
    if closing is not None:
        # A gateway may end the whole login with either token, so only the first of them must still be good.
        for number, last in enumerate([*([newer] if newer else []), token]):
            headers = JSON_HEADERS | {"authorization": f"Bearer {last}"}
            closed = client.send(SentRequest("POST", closing.path, headers, b""))
            client.expect("logout", closed, *((200,) if number == 0 else (200, 401)))
            client.expect("logout", read_me(client, last), 401)


def _check_token(client: Client, token: str, opened: CheckedExchange) -> None:
    inside = claims(token)
    missing = [name for name in CLAIMS if dig(inside, name) is None]
    client.check("login", not missing, f"the access token is no JWT with {', '.join(missing)}", opened)
    issued, expires = number(dig(inside, "iat")), number(dig(inside, "exp"))
    if issued is not None and expires is not None:
        client.check("login", expires - issued == DAY, f"the token lives {expires - issued:.0f} s", opened)
    lasts = dig(opened.response.json, "expires_in")
    client.check("login", lasts in (None, DAY), f"expires_in is {lasts}", opened)


def refreshed(client: Client, token: str) -> str | None:
    """Return the access token of a refresh, or None if there is none."""
    operation = client.operation("refresh")
    exchange = client.post(operation, {"refresh_token": token}, headers={})
    if exchange.response.status == 401:  # D1 names no body: the refresh token may have to come as Bearer
        headers = JSON_HEADERS | {"authorization": f"Bearer {token}"}
        exchange = client.send(SentRequest("POST", operation.path, headers, b""))
    client.expect("refresh", exchange, 200)
    newer = dig(exchange.response.json, "access_token")
    return newer if isinstance(newer, str) else None


@probe("login-form")
def form(client: Client) -> None:
    """Log in with a form: username and password."""
    email, _, password = client.credential("login").partition(":")
    headers = JSON_HEADERS | {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"username": email, "password": password}).encode()
    opened = client.send(SentRequest("POST", client.operation("login").path, headers, body))
    client.require_known("login", opened)
    if client.expect("login-form", opened, 200):
        has_token = isinstance(dig(opened.response.json, "access_token"), str)
        client.check("login-form", has_token, "no access_token", opened)


@probe("login-refused")
def wrong_password(client: Client) -> None:
    """Log in with a wrong password, and with an incomplete body."""
    email, _, password = client.credential("user").partition(":")
    client.expect("login-refused", log_in(client, email, password + "x"), 401)
    operation = client.operation("login")
    client.expect("login-refused", client.post(operation, json.dumps({"email": email}).encode(), headers={}), 422)


PROBES = (
    adds_up,
    costs,
    refused,
    byok_free,
    session,
    form,
    wrong_password,
)
