"""Probes of what happens at the same time: two accounts beside each other, several requests at once, two clocks."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

from mockserver.contracts.client import Client, NotExaminable
from mockserver.contracts.exchange import CheckedExchange, dig
from mockserver.contracts.probe import probe
from mockserver.contracts.probes.account import balance, claims, log_in, metered_key, number, refreshed, token_of

FEW = 8
"""The most requests that a limited key may serve before it is limited, as its option says."""

AT_ONCE = 2 * FEW
"""Requests at once on a limited key: twice as many."""

MANAGED = 6
"""Managed requests at once."""

SKEW = 120
"""Seconds by which the clocks of a gateway's machines may differ."""


def at_once(client: Client, count: int, send: Callable[[], CheckedExchange]) -> list[CheckedExchange]:
    """Send several requests at the same time. The checks see the answers afterwards."""
    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(send) for _ in range(count)]
        exchanges = [each.result() for each in waiting]
    for exchange in exchanges:
        client.record(exchange)
    return exchanges


@probe("balance-own", profiles=["smoke", "full"])
def two_accounts(client: Client) -> None:
    """Let one account pay for an answer, and compare the balance of another before and after."""
    key, other = metered_key(client), client.credential("second")
    operation = client.operation("messages")
    _, before = balance(client, other)
    client.post(operation, client.body(operation), key=key)
    exchange, after = balance(client, other)
    client.require_known("second", exchange)
    got = f"an answer to --key changed the balance of --second-key: it was {before}, is {after}"
    client.check("balance-own", before == after, got, exchange)


@probe("balance-together", profiles=["smoke", "full"])
def costs_at_once(client: Client) -> None:
    """Compare the balance before and after managed answers at the same time, which state what they cost."""
    key = metered_key(client)
    operation = client.operation("chat_managed_public")
    _, before = balance(client, key)
    body = client.body(operation)
    exchanges = at_once(client, MANAGED, lambda: client.post(operation, body, key=key, checked=False))
    exchange, after = balance(client, key)
    costs = [number(dig(each.response.json, "credits_consumed")) for each in exchanges if each.response.status == 200]
    stated = [cost for cost in costs if cost is not None]
    if len(stated) < len(costs) or not costs:
        raise NotExaminable("the answers do not state credits_consumed")
    right = math.isclose(before - after, sum(stated), abs_tol=1e-6)
    got = f"{len(stated)} answers at once cost {sum(stated):g}, the balance fell from {before} to {after}"
    client.check("balance-together", right, got, exchange)


def _sent_at_once(client: Client, credential: str) -> tuple[list[CheckedExchange], list[CheckedExchange]]:
    """Send a conversation many times at once. Return all exchanges, and those that were answered."""
    operation, key = client.operation("messages"), client.credential(credential)
    body = client.body(operation)
    exchanges = at_once(client, AT_ONCE, lambda: client.post(operation, body, key=key, on_purpose=True, checked=False))
    return exchanges, [each for each in exchanges if each.response.status == 200]


@probe("limit-together", profiles=["smoke", "full"])
def limited_at_once(client: Client) -> None:
    """Send twice as many requests at once as a limited key may serve. Each window that passes allows as many again."""
    exchanges, served = _sent_at_once(client, "window")
    took = max(each.at + each.response.seconds for each in exchanges) - min(each.at for each in exchanges)
    right = len(served) <= FEW * (1 + int(took))
    got = f"{len(served)} of {AT_ONCE} requests at once were served with a limited key"
    client.check("limit-together", right, got, exchanges[-1])


@probe("exhausted-together", profiles=["smoke", "full"])
def unpaid_at_once(client: Client) -> None:
    """Send many requests at once on an account without credits."""
    exchanges, served = _sent_at_once(client, "exhausted")
    got = f"{len(served)} of {AT_ONCE} requests at once were served on an account without credits"
    client.check("exhausted-together", not served, got, (served or exchanges)[-1])


@probe("token-clock", profiles=["smoke", "full"])
def clocks(client: Client) -> None:
    """Compare the times in a new token, and in a refreshed one, with the clock of the answer or of this machine."""
    email, _, password = client.credential("login").partition(":")
    opened = log_in(client, email, password)
    client.require_known("login", opened)
    first = token_of(opened)
    _check_clock(client, "", first, _clock(opened), opened)
    newer = refreshed(client, token_of(opened, "refresh_token"))
    if newer is not None:
        _check_clock(client, "after a refresh, ", newer, _clock(opened), opened)
        ends = [number(dig(claims(token), "exp")) or 0.0 for token in (first, newer)]
        got = f"after a refresh, exp is {ends[0] - ends[1]:.0f} s before that of the first token"
        client.check("token-clock", ends[0] <= ends[1], got, opened)


def _check_clock(client: Client, when: str, token: str, now: float, exchange: CheckedExchange) -> None:
    """Compare the times in a token with a clock."""
    inside = claims(token)
    for name in ("iat", "nbf"):
        begins = number(dig(inside, name))
        if begins is not None:
            ahead = begins - now
            got = f"{when}{name} is {ahead:.0f} s ahead of the answer's clock"
            client.check("token-clock", ahead <= SKEW, got, exchange)
    expires = number(dig(inside, "exp"))
    if expires is not None:
        got = f"{when}exp is {now - expires:.0f} s before the answer's clock"
        client.check("token-clock", expires > now, got, exchange)


def _clock(exchange: CheckedExchange) -> float:
    """Return the time of an answer in seconds since 1970: its date, or when it was sent."""
    try:
        return parsedate_to_datetime(exchange.response.header("date") or "").timestamp()
    except (TypeError, ValueError):
        return exchange.at


PROBES = (
    two_accounts,
    costs_at_once,
    limited_at_once,
    unpaid_at_once,
    clocks,
)
