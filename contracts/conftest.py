"""`pytest contracts --gateway URL`: one test for each promise; what cannot be examined is skipped, with the reason."""

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.gate.runner import Run

OPTIONS = {
    "gateway": ("GATEWAY_URL", "the gateway to examine"),
    "gateway-key": ("GATEWAY_KEY", "its API key"),
    "gate-profile": ("GATE_PROFILE", "smoke, paid or full"),
    "gate-seed": ("GATE_SEED", "what generated requests come from"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; each may also be set in the environment."""
    group = parser.getgroup("contract gate")
    for name, (variable, about) in OPTIONS.items():
        group.addoption(f"--{name}", default=None, help=f"{about} ({variable})")


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> "Run":
    """One run of the gate, shared by all tests."""
    from mockserver.gate.testing import run_from

    values = dict(os.environ)
    for name, (variable, _) in OPTIONS.items():
        given = pytestconfig.getoption(name.replace("-", "_"))
        if given is not None:
            values[variable] = str(given)
    if not values.get("GATEWAY_URL"):
        pytest.skip("no gateway: pytest contracts --gateway URL")
    return run_from(values["GATEWAY_URL"], values)
