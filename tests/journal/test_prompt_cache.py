"""The prompt cache in the journal: queries, and the tokens that an answer reported."""

from pydantic import JsonValue

from mockserver.testing.gateway import GatewaySession
from tests.support.engine import MESSAGES
from tests.support.posting import post

SYSTEM: list[JsonValue] = [{"type": "text", "text": "x" * 8_000, "cache_control": {"type": "ephemeral"}}]


def test_requests_are_found_by_what_the_cache_did(gateway: GatewaySession) -> None:
    gateway.reply("ok", times="always")
    for _ in range(3):
        post(gateway, MESSAGES, system=SYSTEM)
    assert [len(gateway.journal.find(cache=state)) for state in ("miss", "hit", "none")] == [1, 2, 0]
    usage = gateway.journal.last.usage
    assert usage is not None
    assert usage.cache_read == 2_000
