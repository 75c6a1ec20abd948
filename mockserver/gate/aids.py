"""What helps a target into situations: credentials that the operator gave, or scenarios of our own mock.

The mock's scenarios are chosen as any user would, by the key `sk_mock_<scenario>_<anything>`; the last part makes each
run a session of its own.
"""

from collections.abc import Mapping

SCENARIOS: Mapping[str, str] = {
    "steady": "greeting",
    "exhausted": "credits-exhausted",
    "limited": "rate-limited",
    "failing": "server-error",
    "loading": "model-loading",
}
"""The aid -> the shipped scenario that gives it."""


def of_mock(run: str) -> dict[str, str]:
    """The aids of our own mock; `run` tells runs apart."""
    return {aid: f"sk_mock_{scenario}_{run}" for aid, scenario in SCENARIOS.items()}
