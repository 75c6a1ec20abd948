"""The agent's tests: run `pytest examples/python-agent` where `ainative-mockserver` and `anthropic` are installed."""

from collections.abc import Iterator

import anthropic
import pytest
from agent import NoCredits, answer

from mockserver import GatewaySession


@pytest.fixture
def client(gateway: GatewaySession) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key) as client:
        yield client


def test_it_reads_the_file_that_the_model_asks_for(gateway: GatewaySession, client: anthropic.Anthropic) -> None:
    gateway.tool_use("read_file", path="/x")
    gateway.turn(when={"last": "tool_result"}, reply="It says {{tool_result}}.")
    assert answer("What does /x say?", client) == "It says 42."
    assert not gateway.verdict()


def test_it_tells_the_model_that_a_tool_does_not_exist(gateway: GatewaySession, client: anthropic.Anthropic) -> None:
    gateway.tool_use("write_file", path="/x").reply("Sorry.")
    assert answer("Empty /x.", client) == "Sorry."
    gateway.assert_called(tool_result={"text": {"contains": "this call failed"}})


def test_it_waits_as_long_as_the_gateway_says(gateway: GatewaySession, client: anthropic.Anthropic) -> None:
    gateway.error(429, retry_after=1).reply("Hello!")
    assert answer("Hello", client) == "Hello!"
    assert not gateway.verdict()


def test_it_stops_when_the_credits_are_used_up(gateway: GatewaySession, client: anthropic.Anthropic) -> None:
    gateway.error(402)
    with pytest.raises(NoCredits):
        answer("Hello", client)
    gateway.assert_called(times=1)


@pytest.mark.parametrize(
    "fault", [{"reset": {"at": 3}}, {"close": {"at": "stop"}}, {"malformed_json": {"at": "delta"}}]
)
def test_it_asks_again_when_a_stream_breaks(
    gateway: GatewaySession, client: anthropic.Anthropic, fault: dict[str, object]
) -> None:
    gateway.reply("A long answer that will not arrive whole.", faults=[fault]).reply("All of it.")
    assert answer("Hello", client) == "All of it."


def test_it_ends_a_loop_of_tools_that_does_not_end(gateway: GatewaySession, client: anthropic.Anthropic) -> None:
    gateway.turn(reply=[{"tool_use": {"name": "read_file", "input": {"path": "/x"}}}], times="always")
    with pytest.raises(RuntimeError):
        answer("Loop.", client)
    gateway.assert_called(times=20)
