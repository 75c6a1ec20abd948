"""States of a target: set by a command or a URL before the probes that need them, and ended afterwards."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.contracts.client import NotExaminable, Target
from mockserver.contracts.exchange import SentRequest
from mockserver.core.errors import OperatorError
from mockserver.gate.provider_states import StateTrouble, enter, in_state, read_states, state_for, target_in
from mockserver.gate.relay import Outgoing, Upstream, serving
from tests.gate.support import always, reference_gateway, run

DONE = Outgoing(204, [], [])
REFUSED = Outgoing(500, [("content-length", "0")], [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["out-of-credit=true"], "no such state.*out-of-credits"),
        (["failing", "normal=true"], "expected failing=COMMAND"),
        (["failing=true"], "normal=COMMAND"),
    ],
)
def test_a_wrong_option_is_told_with_its_remedy(options: list[str], words: str) -> None:
    with pytest.raises(OperatorError, match=words):
        read_states(options)


def test_a_key_that_was_given_comes_before_a_state() -> None:
    states = read_states(["out-of-credits=true", "normal=true"])
    given, guessed = Target("k", {"exhausted": "x"}), Target("k", {"exhausted": "x"}, frozenset({"exhausted"}))
    assert state_for(["exhausted"], given, states) is None
    assert state_for(["exhausted"], guessed, states) == "out-of-credits"
    assert target_in("out-of-credits", guessed).credentials == {"exhausted": "k", "empty": "k"}


@pytest.mark.process
@pytest.mark.parametrize("command", ["echo no database >&2; exit 3", "http://127.0.0.1:1/"])
def test_a_command_or_url_that_fails_is_told(command: str) -> None:
    with pytest.raises(StateTrouble, match=r"ended with 3: no database|127\.0\.0\.1"):
        enter(command)


def test_a_url_must_answer_that_it_succeeded() -> None:
    with always(DONE) as good, always(REFUSED) as bad:
        enter(good)
        with pytest.raises(StateTrouble, match="answered 500"):
            enter(bad)


@pytest.mark.process
def test_the_normal_state_comes_back_although_the_state_could_not_be_set(tmp_path: Path) -> None:
    file = tmp_path / "normal"
    states = {"failing": "false", "normal": f"touch {shlex.quote(str(file))}"}
    with pytest.raises(NotExaminable, match="the state failing could not be set"), in_state("failing", states):
        pytest.fail("the state was not set")
    assert file.exists()


@pytest.mark.process
def test_a_state_stands_for_a_key(tmp_path: Path) -> None:
    flag = tmp_path / "empty"
    where = shlex.quote(str(flag))
    states = {"out-of-credits": f"touch {where}", "normal": f"rm -f {where}"}
    with reference_gateway() as (upstream, sleep):

        def respond(request: SentRequest) -> Outgoing:
            if flag.exists():
                request = replace(request, headers={**request.headers, "x-api-key": "sk_empty_one"})
            status, fields, pieces = Upstream(upstream).open(request)
            return Outgoing(status, fields, pieces)

        with serving(respond) as url:
            done = run(url, only=("status-402", "models-listed"), states=states, sleep=sleep)
            stuck = run(url, only=("status-402",), states=states | {"normal": "exit 7"}, sleep=sleep)
    assert done.results.entries["status-402"].state == "kept"
    assert not stuck.passed
    assert "the normal state could not be restored" in stuck.stopped
