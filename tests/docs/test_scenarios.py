"""Every example of docs/scenarios.md loads, and gives the conversation that follows it."""

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
    """Return tools of these names, in the dialect of the path."""
    schema: JsonValue = {"type": "object", "properties": {"path": {"type": "string"}}}
    if path == MESSAGES:
        return [{"name": name, "input_schema": schema} for name in names.split(", ")]
    return [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names.split(", ")]


def continued(path: str, line: str, before: list[JsonValue]) -> list[JsonValue]:
    """Return the messages after a `>` line. A tool_result answers the call before it."""
    if not line.startswith("tool_result: "):
        return [{"role": "user", "content": line}]
    text = line.removeprefix("tool_result: ")
    if path == MESSAGES:
        use: JsonValue = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {}}
        result: JsonValue = {"type": "tool_result", "tool_use_id": "toolu_1", "content": text}
        return [*before, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    call: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}
    answer: JsonValue = {"role": "assistant", "content": None, "tool_calls": [call]}
    return [*before, answer, {"role": "tool", "tool_call_id": "call_1", "content": text}]


def answer_line(answer: Answer) -> str:
    """Return an answer as a `<` line: the text and calls of a reply, or the status with the code or raw body."""
    if answer.status != 200:
        is_json = answer.headers["content-type"] == "application/json"
        return f"{answer.status} {answer.json['code'] if is_json else answer.payload.decode()}"
    if answer.refusal:
        return f"refused: {answer.refusal}"
    return " ".join([part for part in (answer.text, *answer.calls) if part])


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize(("text", "name", "talk"), EXAMPLES, ids=[name for _, name, _ in EXAMPLES])
def test_an_example_has_the_conversation_that_follows_it(text: str, name: str, talk: str, path: str) -> None:
    played, problems = compile_scenario(loader.parse(text.encode(), name).scenario, contract())
    assert [*problems, *dry_run(played, contract())] == []
    client, messages = Talk(played), list[JsonValue]()
    for line in talk.strip().splitlines():
        if line.startswith("> "):
            words, _, tools = line.removeprefix("> ").partition(" (tools: ")
            messages = continued(path, words, messages)
            fields: dict[str, JsonValue] = {"tools": offered(path, tools.rstrip(")"))} if tools else {}
            answer = client.say(path, messages, **fields)
        else:
            assert answer_line(answer) == line.removeprefix("< ")
