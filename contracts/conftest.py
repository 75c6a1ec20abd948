"""`pytest contracts --gateway URL`: one test for each promise; what cannot be examined is skipped, with the reason.

Every option of `mockserver contract` may be set in the environment, as GATE_PROFILE, GATE_EXHAUSTED_KEY, GATE_BASELINE;
the most used are options of pytest too.
"""

from typing import TYPE_CHECKING

import click
import pytest

from mockserver.core.errors import OperatorError
from mockserver.gate.packages import require_packages

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun

OPTIONS = {
    "gateway": "the gateway to examine (GATEWAY_URL)",
    "gateway-key": "its API key (GATEWAY_KEY)",
    "gate-profile": "smoke, paid, full or soak (GATE_PROFILE)",
    "gate-seed": "what generated requests come from (GATE_SEED)",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("contract gate")
    for name, about in OPTIONS.items():
        group.addoption(f"--{name}", default=None, help=about)


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> "GateRun":
    """One run of the gate, shared by all tests."""
    arguments = []
    for name in OPTIONS:
        given = pytestconfig.getoption(name.replace("-", "_"))
        if given is not None:
            option = "--" + name.removeprefix("gateway-").removeprefix("gate-")
            arguments += [given] if name == "gateway" else [option, given]
    try:
        require_packages()
        from mockserver.gate.environment import run_from  # needs those packages

        return run_from(arguments)
    except (OperatorError, click.UsageError) as error:  # every test would fail, with the same words
        pytest.exit(f"the gate cannot run: {error}", returncode=2)
