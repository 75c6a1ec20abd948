"""One mock for all real clients, and one run of each client program for all of its tests."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.clients.program import STATUSES
from tests.clients.roster import Client, Facts


@pytest.fixture(scope="session")
def gateway_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a mock that plays, beside what is shipped, an error-<status> for every status of the tests."""
    folder = tmp_path_factory.mktemp("scenarios")
    for status in STATUSES:
        text = f"scenario: error-{status}\nturns:\n  - error: {{status: {status}}}\n    times: always\n"
        (folder / f"error-{status}.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet", "--scenario", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as server:
        try:
            assert server.stdout is not None
            said = []
            for line in server.stdout:
                said.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
            else:
                pytest.fail(f"the mock did not start:\n{''.join(said)}")
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def seen_by(request: pytest.FixtureRequest, gateway_url: str) -> Iterator[Callable[[Client, str], Facts]]:
    """(client, verb) -> what its program saw. All programs that the chosen tests need run once, side by side."""
    clients = [item.callspec.params.get("client") for item in request.session.items if hasattr(item, "callspec")]
    programs = dict.fromkeys(client.program for client in clients if isinstance(client, Client))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {program: pool.submit(program.run, gateway_url) for program in programs}
        yield lambda client, verb: runs[client.program].result()[client.verb(verb)]
