"""Habits: what a client does, seen in its requests, and which cases that leaves."""

import pytest
from pydantic import JsonValue

from mockserver.exam.habits import LACKS, habits_of, lacking
from mockserver.testing.gateway import GatewaySession
from tests.exam.test_judge import case_of
from tests.support.posting import post

TOOLS: JsonValue = [{"name": "read", "input_schema": {"type": "object"}}]
RESULT: JsonValue = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}]},
]


def test_a_client_without_requests_does_nothing() -> None:
    habits = habits_of([])
    assert (habits.satisfied, habits.requests, str(habits)) == (frozenset(), 0, "no model request: 0 requests")


def test_a_streaming_tool_loop_is_seen(gateway: GatewaySession) -> None:
    gateway.reply("Hi", times="always")
    post(gateway, stream=True, tools=TOOLS)
    post(gateway, messages=RESULT, stream=True, tools=TOOLS)
    habits = habits_of(list(gateway.journal))
    assert habits.satisfied == {"stream", "tools", "tool_loop"}
    assert str(habits) == "Anthropic: 2 requests, streams, tools, goes on after tool calls"


@pytest.mark.parametrize("need", LACKS)
def test_a_case_that_needs_what_the_client_does_not_do_is_not_applicable(gateway: GatewaySession, need: str) -> None:
    post(gateway.reply("Hi"))
    habits = habits_of(list(gateway.journal))
    header = case_of().header.model_copy(update={"needs": [need]})
    assert bool(lacking(header, habits)) == (need != "whole")
    everything = habits._replace(satisfied=frozenset(LACKS))
    assert lacking(header, everything) == ""


def test_the_time_limit_is_what_the_operator_says(gateway: GatewaySession) -> None:
    assert habits_of([], time_limit=5.0).satisfied == {"time_limit"}
