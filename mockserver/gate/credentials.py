"""What helps a target into situations: credentials that the operator gave, or scenarios of our own mock.

The mock's scenarios are chosen as any user would, by the key `sk_mock_<scenario>_<anything>`; the last part makes each
run a session of its own.
"""

from collections.abc import Iterator, Mapping

SCENARIOS: Mapping[str, str] = {
    "steady": "greeting",
    "exhausted": "credits-exhausted",
    "empty": "no-credits",
    "metered": "metered",
    "limited": "rate-limited",
    "failing": "server-error",
    "loading": "model-loading",
}
"""The aid -> the shipped scenario that gives it."""

OLD_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiaWF0IjowLCJleHAiOjg2NDAwfQ.c2lnbmVkLWJ5LW5vYm9keS1oZXJl"
"""A token of 1970: {sub: 1, iat: 0, exp: 86400}."""


def of_mock(run: str) -> dict[str, str]:
    """The aids of our own mock; `run` tells runs apart."""
    keys = {aid: f"sk_mock_{scenario}_{run}" for aid, scenario in SCENARIOS.items()}
    return {**keys, "login": "gate@example.com:gate", "expired": OLD_TOKEN}


def secrets(key: str, given: Mapping[str, str]) -> Iterator[str]:
    """What no report may show: every key and token that the operator gave, and the password of a login."""
    yield key
    for name, value in given.items():
        yield value.partition(":")[2] if name in ("login", "user") else value
