"""Credentials that bring a target into a situation: given by the operator, or scenarios of the mock.

A scenario of the mock is chosen as users choose it, by the key `sk_mock_<scenario>_<anything>`. The last part gives
each run its own session.
"""

from collections.abc import Iterator, Mapping

from mockserver.contracts.security import forms

SCENARIOS: Mapping[str, str] = {
    "steady": "greeting",
    "exhausted": "credits-exhausted",
    "empty": "no-credits",
    "metered": "metered",
    "limited": "rate-limited",
    "window": "plan-window-full",
    "second": "metered",
    "failing": "server-error",
    "loading": "model-loading",
}
"""The credential -> the shipped scenario that provides it."""

PERSON = "gate@example.com:gate"
"""A user that the gate invents: the mock logs anybody in, unless its accounts name users."""

OTHER_PERSON = "gate2@example.com:gate"

OLD_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiaWF0IjowLCJleHAiOjg2NDAwfQ.c2lnbmVkLWJ5LW5vYm9keS1oZXJl"
"""A token of 1970: {sub: 1, iat: 0, exp: 86400}."""


def of_mock(run: str) -> dict[str, str]:
    """Return the credentials for the mock. `run` makes their sessions different from those of other runs."""
    keys = {name: f"sk_mock_{scenario}_{run}" for name, scenario in SCENARIOS.items()}
    keys["second"] += "second"
    return {**keys, "login": PERSON, "other": OTHER_PERSON, "expired": OLD_TOKEN}


def secrets(key: str, credentials: Mapping[str, str]) -> Iterator[str]:
    """Yield what no report may show: every key and token that the operator gave, and the passwords of logins."""
    yield from forms(key)
    for name, value in credentials.items():
        yield from forms(value.partition(":")[2] if name in ("login", "other", "user") else value)
