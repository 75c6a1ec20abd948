"""Faults on the boundaries of fields, of accounts and of windows of time."""

import base64
import json
from dataclasses import replace
from typing import Any

from tools.mutants.relayed import Change, RelayedExchange


def _largest_refused(exchange: RelayedExchange) -> None:
    """Refuse the largest permitted value, as a comparison with < in place of <= does."""
    body = exchange.request.json
    if isinstance(body, dict) and body.get("top_p") == 1:
        exchange.request = replace(exchange.request, body=b"{")


def _clamped(name: str, below: float) -> Change:
    """Correct a number that is too small in place of refusing it."""

    def before(exchange: RelayedExchange) -> None:
        body = exchange.request.json
        value = body.get(name) if isinstance(body, dict) else None
        if isinstance(value, int | float) and value < below:
            exchange.change_body(**{name: below})

    return before


def _limit_raced(exchange: RelayedExchange) -> None:
    """Let a request pass by a rate limit if another one is on its way."""
    if not any(key.startswith("sk_limited") for key in exchange.request.credentials):
        return
    exchange.memory["limited"] = exchange.memory.get("limited", 0) + 1
    if exchange.memory["limited"] > 1:
        exchange.set_key("sk_other_one")


def _limit_passed(exchange: RelayedExchange) -> None:
    exchange.memory["limited"] = max(0, exchange.memory.get("limited", 0) - 1)


def _credit_raced(exchange: RelayedExchange) -> None:
    """Serve an account without credits if another request of it is on its way."""
    if not any(key.startswith("sk_empty") for key in exchange.request.credentials):
        return
    exchange.memory["unpaid"] = exchange.memory.get("unpaid", 0) + 1
    if exchange.memory["unpaid"] > 1:
        exchange.set_key("sk_other_one")


def _credit_passed(exchange: RelayedExchange) -> None:
    exchange.memory["unpaid"] = max(0, exchange.memory.get("unpaid", 0) - 1)


def _limit_of_all(exchange: RelayedExchange) -> None:
    """Limit the next request of anybody as well, once a key is limited."""
    is_limited = any(key.startswith("sk_limited") for key in exchange.request.credentials)
    if exchange.status == 429:
        exchange.memory["limited all"] = exchange.status, exchange.headers, exchange.body
    elif exchange.is_messages and not is_limited and "limited all" in exchange.memory:
        exchange.status, exchange.headers, exchange.body = exchange.memory.pop("limited all")


def _user_of_last_login(exchange: RelayedExchange) -> None:
    """Show everybody the user who logged in last."""
    body: Any = exchange.json
    if exchange.path.endswith("/auth/login") and isinstance(exchange.request.json, dict):
        exchange.memory["last"] = exchange.request.json.get("email")
    elif exchange.path.endswith("/auth/me") and isinstance(body, dict) and "email" in body:
        exchange.json = body | {"email": exchange.memory.get("last")}


def _logout_of_all(exchange: RelayedExchange) -> None:
    """End every login with a logout, until somebody logs in again."""
    if exchange.path.endswith("/auth/login"):
        exchange.memory["out"] = False
    elif exchange.memory.get("out") and exchange.path.endswith("/auth/me"):
        exchange.set_key(None)
    elif exchange.path.endswith("/auth/logout"):
        exchange.memory["out"] = True


def _one_purse(exchange: RelayedExchange) -> None:
    """Show every key the balance of the first."""
    if exchange.path.endswith("/credits/balance") and "sk_second_one" in exchange.request.credentials:
        exchange.set_key("sk_other_one")


def _update_begun(exchange: RelayedExchange) -> None:
    exchange.memory["flying"] = exchange.memory.get("flying", 0) + ("/managed" in exchange.path)


def _update_lost(exchange: RelayedExchange) -> None:
    """Forget what an answer costs if another one is on its way, as two updates without a lock do."""
    body: Any = exchange.json
    if "/managed" in exchange.path:
        is_alone = exchange.memory["flying"] == 1
        exchange.memory["flying"] -= 1
        if not is_alone and isinstance(body, dict):
            exchange.memory["lost"] = exchange.memory.get("lost", 0) + body.get("credits_consumed", 0)
    elif exchange.path.endswith("/credits/balance") and isinstance(body, dict) and "used_credits" in body:
        lost = exchange.memory.get("lost", 0)
        exchange.json = body | {
            "used_credits": body["used_credits"] - lost,
            "remaining_credits": body["remaining_credits"] + lost,
        }


def _later(path: str) -> Change:
    """Issue tokens that begin to be valid an hour from now, as a server with a wrong clock does."""

    def after(exchange: RelayedExchange) -> None:
        body: Any = exchange.json
        if not exchange.path.endswith(path) or not isinstance(body, dict) or "access_token" not in body:
            return
        head, claims, signature = body["access_token"].split(".")
        inside = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        moved = json.dumps(inside | {"iat": inside["iat"] + 3600, "exp": inside["exp"] + 3600}).encode()
        claims = base64.urlsafe_b64encode(moved).decode().rstrip("=")
        exchange.json = body | {"access_token": f"{head}.{claims}.{signature}"}

    return after


BEFORE: dict[str, tuple[str, str, Change]] = {
    "largest-top-p-refused": ("validation", "boundary-accepted", _largest_refused),
    "top-k-clamped": ("validation", "boundary-refused", _clamped("top_k", 0)),
    "penalty-clamped": ("validation", "boundary-refused", _clamped("presence_penalty", -2)),
    "logout-of-all": ("account", "tokens-own", _logout_of_all),
    "one-purse-for-all": ("money", "balance-own", _one_purse),
}
"""The name of a mutant -> its family, the promises that it must break, and its change of the request."""

AFTER: dict[str, tuple[str, str, Change]] = {
    "limit-of-all": ("money", "limit-own", _limit_of_all),
    "user-of-the-last-login": ("account", "tokens-own", _user_of_last_login),
    "refreshed-token-of-tomorrow": ("account", "token-clock", _later("/auth/refresh")),
    "token-of-tomorrow": ("account", "token-clock", _later("/auth/login")),
}
"""The same for a change of the answer."""

BOTH: dict[str, tuple[str, str, Change, Change]] = {
    "credit-passed-together": ("money", "exhausted-together", _credit_raced, _credit_passed),
    "limit-passed-together": ("money", "limit-together", _limit_raced, _limit_passed),
    "cost-lost-together": ("money", "balance-together", _update_begun, _update_lost),
}
"""The same for a change of both."""
