"""`pytest contracts --gateway URL`: one test for each promise.

A promise that was not examined is a skipped test with the reason. Every option of `mockserver contract` can be set in
the environment, such as GATE_PROFILE, GATE_EXHAUSTED_KEY or GATE_BASELINE; the most used ones are options of pytest
too.
"""

from typing import TYPE_CHECKING

import click
import pytest

from mockserver.core.errors import OperatorError
from mockserver.gate.packages import require_packages

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun

OPTIONS = {
    "gateway": "URL of the gateway to examine (GATEWAY_URL)",
    "gateway-key": "API key of the gateway (GATEWAY_KEY)",
    "gate-profile": "smoke, paid, full or soak (GATE_PROFILE)",
    "gate-seed": "seed for generated requests (GATE_SEED)",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the gate."""
    group = parser.getgroup("contract gate")
    for name, about in OPTIONS.items():
        group.addoption(f"--{name}", default=None, help=about)


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> "GateRun":
    """Run the gate once, for all tests."""
    arguments = []
    for name in OPTIONS:
        value = pytestconfig.getoption(name.replace("-", "_"))
        if value is not None:
            option = "--" + name.removeprefix("gateway-").removeprefix("gate-")
            arguments += [value] if name == "gateway" else [option, value]
    try:
        require_packages()
        from mockserver.gate.environment import run_from  # needs those packages

        return run_from(arguments)
    except (OperatorError, click.UsageError) as error:  # one message, not one for every test
        pytest.exit(f"the gate cannot run: {error}", returncode=2)
