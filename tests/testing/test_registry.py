"""The registries: they have everything shipped before the first request, so that no step reads a file.

Code is another matter: what compiles a scenario is imported with the first one.
"""

import subprocess
import sys

import pytest

from mockserver.core.errors import OperatorError
from mockserver.files import bundled
from mockserver.testing.registry import ProfileRegistry, ScriptRegistry
from tests.support.engine import contract

WATCHED = """
import sys

import orjson

from mockserver.core.catalogue import MODELS
from mockserver.engine.chaos import compile_chaos
from mockserver.engine.request import Request
from mockserver.faults import FAULTS
from mockserver.files import kinds, validation_errors, yaml_reader
from mockserver.scenarios.compile import compile_scenario
from mockserver.testing.server_thread import ServerThread
from mockserver.accounts.session import Session

host, seen, code = ServerThread(), [], list(FAULTS.values())
outside = ("open", "import", "os.", "socket.", "subprocess.", "glob.", "pathlib.")

def requests():
    for name in host.scripts:
        yield {"x-api-key": f"sk_mock_{name}"}, "m"
        yield {"x-api-key": "sk_a", "x-mock-scenario": name}, "m"
        yield {"x-api-key": "sk_b"}, f"mock/{name}"
    for name in host.profiles:
        yield {"x-api-key": "sk_c", "x-mock-chaos": name}, "m"

for headers, model in requests():
    for path in ("/v1/messages", "/api/v1/chat/completions"):
        for stream in (False, True):
            messages = [{"role": "user", "content": "Hello"}]
            body = {"model": model, "max_tokens": 99, "stream": stream, "messages": messages}
            request = Request("POST", path, headers, orjson.dumps(body))
            if not seen:
                sys.addaudithook(lambda event, args: event.startswith(outside) and seen.append((event, args[:1])))
                seen.append("watching")
            _, decision = host.app.engine.step(Session("test"), request, 1_767_225_600.0)
            assert decision.note.code not in ("unknown_scenario", "unknown_chaos"), decision.note
print(seen)
"""


@pytest.mark.process
def test_no_step_touches_a_file_whatever_its_request_names() -> None:
    ran = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("['watching']", "")


def test_everything_shipped_is_there_by_name() -> None:
    scripts, profiles = ScriptRegistry(contract()), ProfileRegistry()
    assert "greeting" in scripts
    assert len(scripts) == len(list(bundled.SCENARIOS.glob("*.yaml")))
    assert len(profiles) == len(list((bundled.SCENARIOS / "chaos").glob("*.yaml")))
    assert scripts.scenario("greeting").scenario == scripts["greeting"].name == "greeting"


def test_a_place_is_found_and_not_shown() -> None:
    scripts = ScriptRegistry(contract())
    scripts.put("place", scripts["greeting"])
    assert scripts["place"] is scripts["greeting"]
    assert "place" not in list(scripts)
    scripts.clear("place")
    assert scripts.get("place") is None


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(OperatorError, match="did you mean 'greeting'"):
        ScriptRegistry(contract()).scenario("greting")
