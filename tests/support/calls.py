"""Short ways to requests, calls, conditions in YAML, and scenarios with mistakes."""

from collections.abc import Mapping

import orjson
import yaml
from pydantic import JsonValue

from mockserver.engine.request import Request, read_call
from mockserver.files import loader
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.matcher import Matcher, differences
from mockserver.scenarios.problems import ScenarioProblem
from mockserver.scenarios.script import Script
from mockserver.scenarios.when import When, compile_when
from tests.support.engine import BYOK, HELLO, KEY, MESSAGES, contract

SAMPLE_HEADERS = {"x-api-key": "sk_test_0123456789", "x-team": "Red Team", "anthropic-beta": "files-api-2025-04-14"}
"""The headers of the sample request of `mockserver.scenarios.matcher.Example`."""


def request(
    path: str = MESSAGES, headers: Mapping[str, str] = KEY, messages: JsonValue = None, **fields: JsonValue
) -> Request:
    """Return a valid request with the required fields and these."""
    body: dict[str, JsonValue] = {"model": "test-model", "messages": HELLO if messages is None else messages}
    if path == MESSAGES:
        body["max_tokens"] = 1000
    if path == BYOK:
        body["provider"] = "anthropic"
    return Request("POST", path, headers, orjson.dumps(body | fields))


def call_of(sent: Request, state: str = "start") -> Call:
    """Return a request as matchers see it."""
    operation, _ = contract().find(sent.method, sent.path)
    parsed = read_call(operation, sent)
    return Call(
        operation=parsed.operation,
        conversation=parsed.conversation,
        path=parsed.path,
        headers=parsed.headers,
        key=parsed.key,
        body=parsed.body,
        state=state,
    )


def when_of(text: str) -> When:
    """Return a condition that is written in YAML."""
    return When.model_validate(yaml.safe_load(text))


def matchers_of(text: str) -> tuple[Matcher, ...]:
    """Return the matchers of a condition in YAML."""
    return compile_when(when_of(text))


def difference_texts(text: str, call: Call) -> list[str]:
    """Return the texts of the differences between a condition in YAML and a call."""
    return [str(difference) for difference in differences(matchers_of(text), call)]


def compile_yaml(text: str) -> tuple[Script, list[ScenarioProblem]]:
    """Return the script of a scenario in YAML, and its problems. The shape must be valid."""
    return compile_scenario(loader.parse(f"scenario: test\n{text}".encode(), "test.yaml").scenario, contract())


def problem_texts(text: str) -> list[tuple[str, str]]:
    """Return the problems of a scenario in YAML: each path as text, and the message."""
    return [("/".join([str(part) for part in path]), message) for path, message in compile_yaml(text)[1]]
