"""Probes of what belongs to one user or key: a login, a rate limit. Nobody else sees or changes it.

The documents name no sessions, usage or keys that could be read, so nothing else is asked.
"""

from mockserver.contracts.client import JSON_HEADERS, LONGEST_WAIT, Client, NotExaminable
from mockserver.contracts.exchange import SentRequest, dig
from mockserver.contracts.probe import probe
from mockserver.contracts.probes.account import log_in, read_me, refreshed, token_of
from mockserver.contracts.probes.together import FEW

ROUNDS = 2
"""How often a limited key is exhausted: the ordinary one may have reached its own limit at the same moment, once."""


@probe("tokens-own", profiles=["smoke", "full"])
def two_users(client: Client) -> None:
    """Log two users in, and see whose each token is: at once, after a refresh, and after the other one's logout."""
    names = ("login", "other")
    people = [client.credential(name).partition(":") for name in names]
    opened = [log_in(client, email, password) for email, _, password in people]
    for name, exchange in zip(names, opened, strict=True):
        client.require_known(name, exchange)
    tokens = [token_of(exchange) for exchange in opened]
    emails = [email for email, _, _ in people]
    _check_owner(client, tokens[0], emails[0], "the token of --login")
    _check_owner(client, tokens[1], emails[1], "the token of --second-login")
    newer = refreshed(client, token_of(opened[0], "refresh_token"))
    if newer is not None:
        _check_owner(client, newer, emails[0], "the refreshed token of --login")
    if client.has("logout"):
        headers = JSON_HEADERS | {"authorization": f"Bearer {tokens[1]}"}
        client.send(SentRequest("POST", client.operation("logout").path, headers, b""))
        _check_owner(client, newer or tokens[0], emails[0], "after the logout of --second-login, the token of --login")


def _check_owner(client: Client, token: str, email: str, whose: str) -> None:
    exchange = read_me(client, token)
    shown = dig(exchange.response.json, "email")
    got = f"{whose} is answered {exchange.response.status} with the e-mail {shown!r}"
    client.check("tokens-own", str(shown).lower() == email.lower(), got, exchange)


@probe("limit-own", profiles=["smoke", "full"])
def two_limits(client: Client) -> None:
    """Use a limited key until it is limited, then the ordinary one."""
    operation, limited = client.operation("messages"), client.credential("window")
    body = client.body(operation)
    for number in range(ROUNDS):
        client.post(operation, body)  # not limited so far, or the probe ends here
        statuses = [client.post(operation, body, key=limited, on_purpose=True).response.status for _ in range(FEW + 1)]
        if 429 not in statuses:
            raise NotExaminable("the limited key was not limited")
        exchange = client.post(operation, body, on_purpose=True)
        wait = exchange.response.header("retry-after") or ""
        is_served = exchange.response.status != 429
        if is_served or number == ROUNDS - 1 or not wait.isdigit() or int(wait) > LONGEST_WAIT:
            client.check("limit-own", is_served, "while one key is limited, another is answered 429", exchange)
            return
        client.wait(int(wait))


PROBES = (
    two_users,
    two_limits,
)
