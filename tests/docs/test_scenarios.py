"""Every example of docs/scenarios.md is true: each scenario loads, and has the conversation that follows it."""

import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from mockserver.files import loader
from mockserver.files.dry_run import dry_run
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import CHAT, MESSAGES, Answer, Talk, contract

DOC = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(scenario: (\S+)\n.*?)```\n```talk\n(.*?)```", DOC, re.DOTALL)
KEY = {"authorization": "Bearer sk_test"}


def test_every_scenario_of_the_page_has_a_conversation() -> None:
    assert len(EXAMPLES) == DOC.count("```yaml\nscenario:") >= 9


def offered(path: str, names: str) -> list[JsonValue]:
    """Tools of these names, in the dialect of the path."""
    schema: JsonValue = {"type": "object", "properties": {"path": {"type": "string"}}}
    if path == MESSAGES:
        return [{"name": name, "input_schema": schema} for name in names.split(", ")]
    return [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names.split(", ")]


def message(path: str, said: str, before: list[JsonValue]) -> list[JsonValue]:
    """The messages of what a `>` line says; a tool_result answers the call before it."""
    if not said.startswith("tool_result: "):
        return [{"role": "user", "content": said}]
    text = said.removeprefix("tool_result: ")
    if path == MESSAGES:
        use: JsonValue = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {}}
        result: JsonValue = {"type": "tool_result", "tool_use_id": "toolu_1", "content": text}
        return [*before, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    call: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}
    answer: JsonValue = {"role": "assistant", "content": None, "tool_calls": [call]}
    return [*before, answer, {"role": "tool", "tool_call_id": "call_1", "content": text}]


def told(answer: Answer) -> str:
    """What a `<` line says: the text and calls of a reply, or the status with its code, or the raw body."""
    if answer.status != 200:
        is_json = answer.headers["content-type"] == "application/json"
        return f"{answer.status} {answer.json['code'] if is_json else answer.payload.decode()}"
    return " ".join([part for part in (answer.text, *answer.calls) if part])


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize(("text", "name", "talk"), EXAMPLES, ids=[name for _, name, _ in EXAMPLES])
def test_an_example_has_the_conversation_that_follows_it(text: str, name: str, talk: str, path: str) -> None:
    played, complaints = compile_scenario(loader.parse(text.encode(), name).scenario, contract())
    assert [*complaints, *dry_run(played, contract())] == []
    client, said = Talk(played), list[JsonValue]()
    for line in talk.strip().splitlines():
        if line.startswith("> "):
            words, _, tools = line.removeprefix("> ").partition(" (tools: ")
            said = message(path, words, said)
            fields: dict[str, JsonValue] = {"tools": offered(path, tools.rstrip(")"))} if tools else {}
            answer = client.say(path, said, **fields)
        else:
            assert told(answer) == line.removeprefix("< ")
