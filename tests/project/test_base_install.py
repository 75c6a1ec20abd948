"""Without any extra the control API, the fixture and the server load: packages of extras are imported where used."""

import subprocess
import sys

import pytest

EXTRAS = ("httpcore2", "redis", "watchfiles", "mcp", "schemathesis", "urllib3", "openapi_spec_validator")
LOADED = (
    "mockserver.control.application",
    "mockserver.testing.gateway",
    "mockserver.cli.serve",
    "mockserver.server.uvicorn",
)


@pytest.mark.process
def test_the_base_install_needs_no_package_of_an_extra() -> None:
    program = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r})); import {', '.join(LOADED)}"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
