"""The tool runner of the Anthropic SDK sends `thread`: the gateway can refuse, keep or lose it, and the loop ends."""

import anthropic
import pytest
from anthropic.types.beta import BetaMessage
from pydantic import JsonValue

import mockserver
from mockserver.testing.gateway import GatewaySession


def reads(path: str, assistant_turns: int) -> JsonValue:
    call: JsonValue = {"tool_use": {"name": "read_file", "input": {"path": path}}}
    return {"when": {"assistant_turns": assistant_turns}, "reply": [call]}


TURNS: list[JsonValue] = [
    reads("/tmp/a", 0),
    reads("/tmp/b", 1),
    {"when": {"last": "tool_result", "assistant_turns": 2}, "reply": "Both were read."},
]

ASKED = {
    "refuse": [400, 200, 200, 200],
    "keep": [200, 200, 200],
    # The second thread is lost as well, after which the SDK goes on without threads.
    "lose": [200, 404, 200, 404, 200],
}
"""The statuses that the runner meets."""


@anthropic.beta_tool
def read_file(path: str) -> str:
    """Return the text of a file."""
    return f"text of {path}"


def run(gateway: GatewaySession) -> BetaMessage:
    """Return the last message of the runner's loop."""
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key) as client:
        return client.beta.messages.tool_runner(
            model="qwen-coder-32b",
            max_tokens=1024,
            tools=[read_file],
            messages=[{"role": "user", "content": "Read both files."}],
        ).until_done()


@pytest.mark.parametrize("threads", ASKED)
def test_the_tool_runner_ends_its_loop_without_blame(threads: str) -> None:
    with mockserver.start() as gateway:
        gateway.play({"scenario": "agent", "threads": threads, "turns": TURNS})
        message = run(gateway)
        assert [block.text for block in message.content if block.type == "text"] == ["Both were read."]
        assert [record.status for record in gateway.assert_called()] == ASKED[threads]
        assert gateway.verdict().findings == ()
