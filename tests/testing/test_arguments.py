"""The arguments of the fixture's calls: every form that a user would write works, every other one is one message."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mockserver
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.testing.arguments import ARGUMENTS
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.plugin import OPTIONS
from tests.support.posting import post


@pytest.fixture(scope="module")
def shared() -> Iterator[GatewaySession]:
    with mockserver.start("greeting", account={"credits": 3}) as gateway:
        gateway.allow_unmatched()
        yield gateway


FORMS: dict[str, Callable[[GatewaySession], object]] = {
    "keywords": lambda gateway: gateway.tool_use("read_file", path="/x"),
    "a mapping": lambda gateway: gateway.tool_use("read_file", {"path": "/x"}),
    "a turn of keywords": lambda gateway: gateway.turn(
        reply=[{"tool_use": {"name": "read_file", "input": {"path": "/x"}}}]
    ),
    "a turn as a mapping": lambda gateway: gateway.turn(
        {"reply": [{"tool_use": {"name": "read_file", "input": {"path": "/x"}}}]}
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_tool_call_can_be_written_in_every_form(form: str) -> None:
    with mockserver.start() as gateway:
        FORMS[form](gateway)
        [block] = post(gateway).json()["content"]
        assert (block["name"], block["input"]) == ("read_file", {"path": "/x"})


def test_keywords_are_added_to_a_mapping() -> None:
    with mockserver.start() as gateway:
        gateway.tool_use("a", {"b": 1}, c=2)
        assert post(gateway).json()["content"][0]["input"] == {"b": 1, "c": 2}


def test_an_error_can_be_a_mapping() -> None:
    with mockserver.start() as gateway:
        gateway.error({"status": 429, "retry_after": 7})
        assert post(gateway).headers["retry-after"] == "7"


FAULTS: dict[str, Callable[[GatewaySession], object]] = {
    "a keyword": lambda gateway: gateway.fault("status", status=418),
    "its main parameter": lambda gateway: gateway.fault("status", 418),
    "a mapping": lambda gateway: gateway.fault("status", {"status": 418}),
    "as in a file": lambda gateway: gateway.fault({"status": 418}),
}


@pytest.mark.parametrize("form", FAULTS)
def test_a_fault_can_be_written_in_every_form_of_a_file(form: str) -> None:
    with mockserver.start() as gateway:
        FAULTS[form](gateway.reply("hi"))
        assert post(gateway).status_code == 418


def test_a_faults_parameter_may_have_the_name_of_one_of_the_call(gateway: GatewaySession) -> None:
    gateway.error(429).fault("retry_after", value="7")
    assert post(gateway).headers["retry-after"] == "7"


# Wrong calls. The type checker would find them; a user need not have one.

WRONG = {
    "tool_use()": "gateway.tool_use: missing a required argument: 'tool'; write gateway.tool_use(*",
    "tool_use({'name': 'x'})": "gateway.tool_use: tool: expected the name of a tool, not {'name': 'x'}",
    "tool_use('x', 'y')": "gateway.tool_use: input: expected the tool's input as a mapping, or as keywords, not 'y'",
    "error()": "gateway.error: missing a required argument: 'status'; write gateway.error(429, retry_after=2)",
    "error(429, 2)": "gateway.error: too many positional arguments; write gateway.error(429, retry_after=2)",
    "error('429')": "gateway.error: status: expected a status from 400 to 599, or a mapping with status, not '429'",
    "error(429, when='user')": "gateway.error: when: expected a mapping such as {'last': 'user'}, not 'user'",
    "fault()": "gateway.fault: missing a required argument: 'fault'; write gateway.fault(\"reset\", at=5)",
    "fault('reset', 5, after=3)": "gateway.fault: give every parameter of reset by name, beside after",
    "turn('hi')": "gateway.turn: keys: expected the keys of a turn as a mapping, or as keywords, not 'hi'",
    "play()": "gateway.play: missing a required argument: 'scenario'; write gateway.play(\"rate-limited\")",
    "play(5)": "gateway.play: scenario: expected a shipped name, a path, YAML text, a mapping or a Scenario, not 5",
    "play('greting')": "no scenario is called 'greting'; did you mean 'greeting'?*",
    "play({'turns': object})": "scenario: expected texts, numbers, lists and mappings only: Type is not JSON*",
    "chaos(5)": "gateway.chaos: profile: expected the name of a profile, a path, YAML text or {'rules': […]}, not 5",
    "chaos('flakky')": "no chaos profile is called 'flakky'; did you mean 'flaky'?",
    "chaos({'rules': object})": "chaos: expected texts, numbers, lists and mappings only: Type is not JSON*",
    "assert_called('a')": "gateway.assert_called: times: expected a whole number, not 'a'",
    "assert_called(tims=3)": "gateway.assert_called: unknown argument 'tims'; did you mean 'times'?",
    "assert_called(2, lst='user')": "gateway.assert_called: unknown argument 'lst'; did you mean 'last'?",
    "assert_eventually(tmeout=3)": "gateway.assert_eventually: unknown argument 'tmeout'; did you mean 'timeout'?",
    "assert_never(modle='x')": "gateway.assert_never: unknown argument 'modle'; did you mean 'model'?",
    "journal.find(lst='user')": "gateway.journal.find: unknown argument 'lst'; did you mean 'last'?",
    "assert_order('a')": "gateway.assert_order: steps: expected mappings such as {'last': 'user'}, not ('a',)",
    "verdict(concurency=3)": "gateway.verdict: unknown argument 'concurency'; did you mean 'concurrency'?",
    "held(timeout='x')": "gateway.held: timeout: expected a number of seconds, not 'x'",
    "release('x')": "gateway.release: events: expected a number of events, not 'x'",
    "clock.advance('1 week')": "gateway.clock.advance: by: expected a time such as '90s', '1h' or a number of seconds*",
    "account.top_up('x')": "gateway.account.top_up: credits: expected a number of credits, such as 3 or*",
    "account.drain(left=[1])": "gateway.account.drain: left: expected a number of credits, such as 3 or*",
}


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_is_one_message_with_the_remedy(call: str, shared: GatewaySession) -> None:
    expected = WRONG[call]
    with pytest.raises(OperatorError) as caught:
        eval(f"gateway.{call}", {"gateway": shared})
    message = str(caught.value)
    assert message.startswith(expected.rstrip("*")) if expected.endswith("*") else message == expected


def test_a_mistake_is_raised_without_the_frames_of_the_mock(shared: GatewaySession) -> None:
    with pytest.raises(AuthorError) as caught:
        shared.reply("x", tims=4)
    files = {Path(entry.path).name for entry in caught.traceback}
    assert files <= {"test_arguments.py", "arguments.py", "gateway.py"}, "pytest hides the frames of the last two"


def test_a_misspelt_query_is_raised_without_the_frames_of_the_mock(shared: GatewaySession) -> None:
    with pytest.raises(OperatorError) as caught:
        shared.journal.find(lst="user")
    assert {Path(entry.path).name for entry in caught.traceback} == {"test_arguments.py", "arguments.py"}


STARTS = {
    "clock='reel'": "mockserver.start: clock: expected 'virtual' or 'real', not 'reel'",
    "speed='x'": "mockserver.start: speed: expected a number above 0, not 'x'",
    "speed=0": "mockserver.start: speed: expected a number above 0, not 0",
    "port='x'": "mockserver.start: port: expected a port from 0 to 65535; 0 is a free one, not 'x'",
    "port=True": "mockserver.start: port: expected a port from 0 to 65535; 0 is a free one, not True",
    "host=1": "mockserver.start: host: expected an address such as '127.0.0.1', not 1",
    "strict='yes'": "mockserver.start: strict: expected True or False, not 'yes'",
    "clok='real'": "mockserver.start: unknown argument 'clok'; did you mean 'clock'?",
    "seed=[1]": "mockserver.start: seed: expected a text or a whole number, not [1]",
}


@pytest.mark.parametrize("arguments", STARTS)
def test_a_wrong_argument_of_start_is_one_message(arguments: str) -> None:
    with pytest.raises(OperatorError) as caught:
        eval(f"start({arguments})", {"start": mockserver.start})
    assert str(caught.value) == STARTS[arguments]


def test_a_misspelt_scenario_of_start_has_no_frames_of_the_mock() -> None:
    with pytest.raises(OperatorError, match="did you mean 'greeting'") as caught, mockserver.start("greting"):
        pass
    assert {Path(entry.path).name for entry in caught.traceback} <= {"test_arguments.py", "start.py"}


def test_every_argument_of_start_and_of_the_marker_is_checked() -> None:
    parameters = set(inspect.signature(mockserver.start.__init__).parameters) - {"self"}
    assert parameters | set(OPTIONS) <= set(ARGUMENTS)
