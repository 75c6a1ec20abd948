"""Thinking in the journal: what a client got and sent back, in records, snapshots, timelines and the control API."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from mockserver.journal.format import describe_answer
from mockserver.testing.gateway import GatewaySession
from tests.control.support import serving
from tests.support.engine import CHAT, MESSAGES, turns
from tests.support.posting import post

SAID = """\
- request: POST /v1/messages
  model: m
  said:
  - user: Hello
  answer:
    status: 200
    turn: test/1
    thinking: A greeting.
    text: Hi.
- request: POST /v1/messages
  model: m
  said:
  - assistant:
    - thinking: A greeting.
    - Hi.
  - user: Go on.
  answer:
    status: 200
    turn: test/2
    text: Done.
"""


@pytest.mark.gateway(account={"credits": 10})
def test_thinking_costs_credits(gateway: GatewaySession) -> None:
    gateway.thinking("1234" * 1000, "Hi.")
    used = post(gateway, max_tokens=2000).json()["usage"]
    [record] = gateway.journal
    assert (used["output_tokens"], used["output_tokens_details"]) == (1001, {"thinking_tokens": 1000})
    assert (record.credits_before, record.credits_after) == (Decimal(10), 10 - Decimal("1.003"))


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("stream", [False, True])
def test_a_record_knows_the_thinking_of_its_answer(gateway: GatewaySession, path: str, stream: bool) -> None:
    gateway.thinking("A greeting.", "Hi.")
    post(gateway, path=path, stream=stream)
    [record] = gateway.journal
    assert (record.answer.thinking, record.answer.text) == ("A greeting.", "Hi.")
    assert describe_answer(record) == "thinking 'A greeting.', 'Hi.'"


def test_a_snapshot_has_the_thinking_of_both_sides(gateway: GatewaySession) -> None:
    gateway.thinking("A greeting.", "Hi.").reply("Done.")
    content = post(gateway).json()["content"]
    said: list[JsonValue] = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": content}]
    post(gateway, messages=[*said, {"role": "user", "content": "Go on."}])
    assert gateway.snapshot() == SAID


def test_a_turn_can_think_under_conditions(gateway: GatewaySession) -> None:
    gateway.thinking("Asked for.", "Hi.", when={"thinking": True}).reply("Hi.", when={"thinking": False})
    post(gateway)
    post(gateway, thinking={"type": "adaptive"})
    assert [record.answer.thinking for record in gateway.journal] == ["", "Asked for."]


def test_the_callers_key_is_masked_in_thinking(gateway: GatewaySession) -> None:
    gateway.thinking("They said {{last_user_text}}.", "Hi.")
    post(gateway, text=f"my key is {gateway.key}")
    [record] = gateway.journal
    assert gateway.key not in repr(record.exchange)


def test_the_control_api_shows_thinking_and_its_tokens() -> None:
    with serving(turns("  - reply: [{thinking: A greeting.}, Hi.]"), playing="test") as served:
        past: list[JsonValue] = [
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": [{"type": "redacted_thinking", "data": "EqQB"}, {"type": "text", "text": "Hi."}],
            },
            {"role": "user", "content": "Go on."},
        ]
        served.ask(messages=past)
        shown = served.get("/exchanges/1")
    assert shown["answer"]["thinking"] == "A greeting."
    assert shown["usage"]["thinking"] == 3
    blocks = shown["request"]["conversation"]["messages"][1]["blocks"]
    assert blocks[0] == {"thinking": {"text": "", "redacted": True}}
