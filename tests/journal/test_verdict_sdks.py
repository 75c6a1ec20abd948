"""The verdict on the official SDKs: they do nothing wrong."""

import importlib

import pytest

from mockserver.testing.gateway import GatewaySession
from tests.support.engine import CHAT, MESSAGES

BREAKS = [
    {"error": {"status": 429, "retry_after": 3}, "times": 2},
    {"error": {"status": 429, "retry_after": 61}},
    {"error": {"status": 503}, "times": 2},
    {"error": {"status": 500}},
    {"error": {"status": 529}, "times": 2},
    {"error": {"status": 409}},
    {"error": {"status": 429}, "headers": {"retry-after": "0"}},
    {"error": {"status": 503}, "headers": {"retry-after": "soon"}},
    {"error": {"status": 429}, "headers": {"retry-after-ms": "1500"}},
    {"error": {"status": 400}},
    {"error": {"status": 402}},
    {"error": {"status": 400}, "headers": {"x-should-retry": "true"}},
    {"error": {"status": 429}, "headers": {"x-should-retry": "false"}},
    {"error": {"status": 429, "retry_after": 2}, "times": "always"},
]


@pytest.mark.parametrize("turn", BREAKS, ids=str)
@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_official_sdks_are_without_blame(
    gateway: GatewaySession, monkeypatch: pytest.MonkeyPatch, name: str, turn: dict[str, object]
) -> None:
    sdk = importlib.import_module(name)
    monkeypatch.setattr("time.sleep", gateway.clock.advance)
    gateway.turn(**turn)
    if turn.get("times") != "always":
        gateway.reply("hi")
    made = sdk.Anthropic if name == "anthropic" else sdk.OpenAI
    with made(base_url=gateway.url if name == "anthropic" else gateway.openai_url, api_key=gateway.key) as client:
        ask = client.messages.create if name == "anthropic" else client.chat.completions.create
        for stream in (False, True):
            messages = [{"role": "user", "content": f"{stream}"}]
            try:
                answer = ask(model="m", max_tokens=9, messages=messages, stream=stream)
                if stream:
                    list(answer)
            except sdk.APIStatusError:
                gateway.allow_unmatched()
    assert {record.path for record in gateway.journal} <= {MESSAGES, CHAT}
    assert not gateway.verdict()
