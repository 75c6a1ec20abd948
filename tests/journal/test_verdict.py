"""The verdict: what it has checked, and what it could not check and why."""

import pytest

from mockserver.journal.client_rules import RULES
from mockserver.testing.gateway import GatewaySession
from tests.journal.verdict_support import TOOLS
from tests.support.posting import post


def test_a_verdict_says_what_was_checked_and_what_could_not_be_and_why(gateway: GatewaySession) -> None:
    gateway.error(503).reply("hi")
    post(gateway)
    gateway.clock.advance(1)
    post(gateway)
    verdict = gateway.verdict()
    assert set(verdict.checked) | set(verdict.unchecked) == {rule.name for rule in RULES}
    assert {"gave-up-early", "no-back-off", "key-leaked"} <= set(verdict.checked)
    assert verdict.unchecked["credits-ignored"] == "no answer was a 402"
    assert verdict.unchecked["too-concurrent"] == "no limit was set (concurrency)"
    assert verdict.unchecked["no-read-timeout"] == "every answer came on a virtual clock, on which nothing is silent"
    assert repr(verdict).startswith("No problems found in 2 requests. Checked: gave-up-early, ")
    assert "\n  not checked: credits-ignored (no answer was a 402)" in repr(verdict)


def test_a_verdict_lists_what_was_accepted_with_a_note(gateway: GatewaySession) -> None:
    gateway.reply("hi", times="always")
    for limit in (64_000, 100, 64_000):
        post(gateway, model="claude-opus-4", max_tokens=limit)
    note = "max_tokens: 64000 > 8192, which is the maximum for claude-opus-4; limited to 8192"
    verdict = gateway.verdict()
    assert not verdict
    assert verdict.warnings == {note: (1, 3)}
    assert repr(verdict).endswith(f"\n  note: {note} (requests 1, 3)")
    assert f"note: {note}" in gateway.failure_report()


def test_without_requests_nothing_was_checked(gateway: GatewaySession) -> None:
    verdict = gateway.verdict()
    assert verdict.checked == ()
    assert set(verdict.unchecked.values()) == {"no request came"}
    assert repr(verdict) == "No problems found in 0 requests. Nothing was checked: no request came."


CHECKED_BY: dict[str, dict[str, object]] = {
    "retry-after-ignored": {"error": {"status": 429, "retry_after": 3600}},
    "retried-in-vain": {"error": {"status": 400}},
    "gave-up-early": {"error": {"status": 529}, "headers": {"x-should-retry": "false"}},
    "no-back-off": {"error": {"status": 500}},
    "credits-ignored": {"error": {"status": 402}},
    "truncated-accepted": {"reply": "one two three", "faults": [{"cut": {"at": "delta 2"}}]},
    "error-event-ignored": {"reply": "one two three", "faults": [{"error_event": {"at": "delta 2"}}]},
    "invalid-arguments-used": {"reply": [{"tool_use": {"name": "search", "input": {"q": "x"}}}]},
    "tool-result-mismatched": {"reply": [{"tool_use": {"name": "search", "input": {"q": "x"}}}]},
}


@pytest.mark.parametrize("rule", CHECKED_BY)
def test_a_rule_is_checked_once_its_occasion_came(gateway: GatewaySession, rule: str) -> None:
    gateway.reply("hi").turn(**CHECKED_BY[rule])
    post(gateway, stream=True)
    assert rule in gateway.verdict().unchecked
    post(gateway, text="next", stream=True, tools=TOOLS)
    assert rule in gateway.verdict().checked
