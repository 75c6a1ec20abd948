"""Requests as matchers and scripts see them, and scenarios with mistakes: in a word each."""

from collections.abc import Mapping

import orjson
import yaml
from pydantic import JsonValue

from mockserver.engine.request import Request, read_call
from mockserver.files import loader
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import ScenarioProblem, Script, compile_scenario
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Matcher, differences
from mockserver.scenarios.when import When, compile_when
from tests.support.engine import BYOK, HELLO, KEY, MESSAGES, contract

SAMPLE_HEADERS = {"x-api-key": "sk_test_0123456789", "x-team": "Red Team"}


def request(
    path: str = MESSAGES, headers: Mapping[str, str] = KEY, messages: JsonValue = None, **fields: JsonValue
) -> Request:
    """A valid request with these fields beside the least that it needs."""
    body: dict[str, JsonValue] = {"model": "test-model", "messages": HELLO if messages is None else messages}
    if path == MESSAGES:
        body["max_tokens"] = 1000
    if path == BYOK:
        body["provider"] = "anthropic"
    return Request("POST", path, headers, orjson.dumps(body | fields))


def called(sent: Request, state: str = "start") -> Call:
    """A request as matchers see it."""
    operation, _ = contract().find(sent.method, sent.path)
    found = read_call(operation, sent)
    return Call(
        operation=found.operation,
        conversation=found.conversation,
        path=found.path,
        headers=found.headers,
        key=found.key,
        body=found.body,
        state=state,
    )


def when(text: str) -> When:
    """A `when` in YAML."""
    return When.model_validate(yaml.safe_load(text))


def matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers of a `when` in YAML."""
    return compile_when(when(text))


def found(text: str, call: Call) -> list[Difference]:
    """The differences between a `when` in YAML and a call."""
    return differences(matchers(text), call)


def told(text: str, call: Call) -> list[str]:
    """The words of those differences."""
    return [str(difference) for difference in found(text, call)]


def compiled(text: str) -> tuple[Script, list[ScenarioProblem]]:
    """A scenario of the shape that it should have, made ready, and what is wrong with it."""
    return compile_scenario(loader.parse(f"scenario: test\n{text}".encode(), "test.yaml").scenario, contract())


def complaints(text: str) -> list[tuple[str, str]]:
    """What is wrong with a scenario: each path as text, and the words."""
    return [("/".join([str(part) for part in path]), message) for path, message in compiled(text)[1]]
