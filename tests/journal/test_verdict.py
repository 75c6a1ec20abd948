"""The verdict: each rule finds the wrong client, and no rule finds anything in what a correct client does."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from mockserver.core.clock import FixedClock
from mockserver.journal.client_rules import RULES, ClientLimits
from mockserver.journal.log import Captured, Ended, Exchange, Outcome
from mockserver.journal.verdict import judge
from mockserver.testing.gateway import GatewaySession
from tests.support.engine import CHAT, MESSAGES
from tests.support.posting import post

USER: JsonValue = {"role": "user", "content": "Hello"}
TOOLS: JsonValue = [
    {
        "name": "search",
        "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
    }
]


def then(gateway: GatewaySession, *later: JsonValue, tools: JsonValue = None) -> httpx.Response:
    """Post the same conversation with these messages after it."""
    messages: JsonValue = [USER, *later]
    return post(gateway, messages=messages) if tools is None else post(gateway, messages=messages, tools=tools)


def call(gateway: GatewaySession, text: str = "") -> JsonValue:
    """Return the assistant's message with the tool call of the last answer."""
    [made] = gateway.journal.last.answer.calls
    arguments: JsonValue = made.input if isinstance(made.input, dict) else {"q": "made up"}
    return {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": made.id, "name": made.name, "input": arguments}],
    }


def result(gateway: GatewaySession, *, is_error: bool = False) -> JsonValue:
    [made] = gateway.journal.last.answer.calls
    block: JsonValue = {"type": "tool_result", "tool_use_id": made.id, "content": "42", "is_error": is_error}
    return {"role": "user", "content": [block]}


@pytest.fixture
def standing(gateway: GatewaySession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the host's clock, so that an immediate retry takes no time on a busy machine."""
    monkeypatch.setattr(gateway._server.app, "_clock", FixedClock())


@pytest.mark.usefixtures("standing")
def test_retry_after_ignored(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300).reply("hi")
    post(gateway)
    post(gateway)
    [finding] = gateway.verdict()
    assert (finding.rule, finding.requests) == ("retry-after-ignored", (1, 2))
    assert "retry-after 300 s; the next try came" in finding.evidence


def test_retry_after_shortened(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300).reply("hi")
    post(gateway)
    gateway.clock.advance(200)
    post(gateway)
    assert gateway.verdict().rules == {"retry-after-ignored"}


def test_waiting_long_enough_is_right(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=20).reply("hi")
    post(gateway)
    gateway.clock.advance(20)
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_retried_in_vain(gateway: GatewaySession, status: int) -> None:
    gateway.error(status).reply("hi")
    post(gateway)
    gateway.clock.advance(1)
    post(gateway)
    assert gateway.verdict().rules == {"retried-in-vain"}


@pytest.mark.gateway(account={"credits": 0})
def test_going_on_once_credits_were_bought_is_right(gateway: GatewaySession) -> None:
    assert post(gateway).status_code == 402
    gateway.account.top_up(5)
    assert post(gateway).status_code == 200
    assert not gateway.verdict()


@pytest.mark.gateway(account={"credits": 0})
def test_going_on_without_credits_is_in_vain(gateway: GatewaySession) -> None:
    assert [post(gateway).status_code, post(gateway).status_code] == [402, 402]
    assert gateway.verdict().rules == {"retried-in-vain"}


def test_the_same_request_with_another_key_after_a_401_is_right(gateway: GatewaySession) -> None:
    gateway.error(401).reply("hi")
    post(gateway)
    place = gateway.key.removeprefix("sk_mock_")
    other = {"x-api-key": "sk_refreshed", "x-mock-session": gateway.session, "x-mock-scenario": place}
    assert post(gateway, headers=other).status_code == 200
    assert len(gateway.journal) == 2
    assert not gateway.verdict()


def test_logins_are_not_compared_since_their_bodies_are_not_kept(gateway: GatewaySession) -> None:
    gateway.turn(when={"operation": "login"}, error={"status": 401}, times="always")
    for password in ("one", "two"):
        post(gateway, path="/api/v1/auth/login", email="jo@example.com", password=password)
    assert [record.status for record in gateway.journal] == [401, 401]
    assert not gateway.verdict()


def test_another_question_after_a_refusal_is_no_retry(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi")
    post(gateway)
    post(gateway, text="Something else")
    assert not gateway.verdict()


def test_equal_requests_that_were_answered_are_no_retries(gateway: GatewaySession) -> None:
    post(gateway)
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.parametrize("status", [429, 503, 529])
def test_gave_up_early(gateway: GatewaySession, status: int) -> None:
    gateway.error(status)
    post(gateway)
    assert gateway.verdict().rules == {"gave-up-early"}


def test_who_is_told_to_wait_an_hour_may_give_up(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=3600)
    post(gateway)
    assert not gateway.verdict()


def test_who_is_told_not_to_retry_may_give_up(gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 503}, headers={"x-should-retry": "false"})
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.usefixtures("standing")
def test_no_back_off(gateway: GatewaySession) -> None:
    gateway.error(503)
    post(gateway)
    refused = Outcome(503, 1, 1, 1.0, "complete")
    assert rules_of(gateway, [(0, 1), (1.05, 2.05), (2.1, 3.1)], refused, ClientLimits()) == {"no-back-off"}
    assert rules_of(gateway, [(0, 1), (1.4, 2.4), (3.2, 4.2)], refused, ClientLimits()) == set()
    many = [(2.0 * number, 2.0 * number + 1) for number in range(11)]
    assert rules_of(gateway, many, refused, ClientLimits()) == {"no-back-off"}


SDK_SAYS_FIRST = {"x-stainless-retry-count": "0"}


def test_a_loop_of_the_applications_own_around_an_sdk_is_found(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300, times=2).reply("hi")
    for _ in range(3):
        post(gateway, headers=SDK_SAYS_FIRST)
    assert [finding.requests for finding in gateway.verdict()] == [(1, 2), (2, 3)]
    assert gateway.verdict().rules == {"retry-after-ignored"}


def test_a_first_try_beside_the_retries_of_another_worker_is_none_of_them(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=2).reply("hi", times=2)
    post(gateway, headers=SDK_SAYS_FIRST)
    post(gateway, headers=SDK_SAYS_FIRST)  # the same question, of a worker that was not refused
    gateway.clock.advance(2)
    post(gateway, headers={"x-stainless-retry-count": "1"})
    assert not gateway.verdict()


def test_workers_that_ask_the_same_at_a_time_are_not_taken_for_one_that_tries_again(gateway: GatewaySession) -> None:
    gateway.error(503)
    post(gateway, headers=SDK_SAYS_FIRST)
    refused = Outcome(503, 1, 1, 1.0, "complete")
    assert rules_of(gateway, [(0, 1), (0.5, 1.5), (1.51, 2.51)], refused, ClientLimits()) == {"gave-up-early"}
    assert rules_of(gateway, [(0, 1), (1.01, 2.01), (2.02, 3.02)], refused, ClientLimits()) == {"no-back-off"}


def test_credits_ignored(gateway: GatewaySession) -> None:
    gateway.error(402, times="always")
    for text in "abc":
        post(gateway, text=text)
    assert gateway.verdict().rules == {"credits-ignored"}


def test_a_success_ends_the_row_of_402s(gateway: GatewaySession) -> None:
    gateway.error(402, times=2).reply("hi").error(402, times=2)
    statuses = [post(gateway, text=text).status_code for text in "abcde"]
    assert statuses == [402, 402, 200, 402, 402]
    assert not gateway.verdict()


def test_a_look_at_the_balance_does_not_end_the_row_of_402s(gateway: GatewaySession) -> None:
    gateway.error(402, times="always")
    for text in "abc":
        post(gateway, text=text)
        balance = httpx.get(f"{gateway.url}/api/v1/public/credits/balance", headers={"x-api-key": gateway.key})
        assert balance.status_code == 200
    assert gateway.verdict().rules == {"credits-ignored"}


def test_truncated_accepted(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    with pytest.raises(httpx.HTTPError):
        post(gateway, stream=True)
    partial = gateway.journal.last.answer.text
    assert 0 < len(partial) < len("one two three four")
    then(gateway, {"role": "assistant", "content": partial}, USER)
    assert gateway.verdict().rules == {"truncated-accepted"}


def test_truncated_and_asked_again_is_right(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    with pytest.raises(httpx.HTTPError):
        post(gateway, stream=True)
    gateway.clock.advance(1)
    post(gateway, stream=True)
    assert not gateway.verdict()


def test_error_event_ignored(gateway: GatewaySession) -> None:
    gateway.reply("one two three four").fault("error_event", at=5).reply("ok")
    post(gateway, stream=True)
    partial = gateway.journal.last.answer.text
    then(gateway, {"role": "assistant", "content": partial}, USER)
    assert gateway.verdict().rules == {"error-event-ignored"}


@pytest.mark.parametrize(("is_error", "rules"), [(False, {"invalid-arguments-used"}), (True, set[str]())])
def test_invalid_arguments(gateway: GatewaySession, is_error: bool, rules: set[str]) -> None:
    gateway.tool_use("search", query="wrong name").reply("ok")
    post(gateway, tools=TOOLS)
    then(gateway, call(gateway), result(gateway, is_error=is_error), tools=TOOLS)
    assert gateway.verdict().rules == rules


def test_the_verdict_fetches_nothing_that_a_tools_schema_names(gateway: GatewaySession, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"required": ["z"]}')
    schema: JsonValue = {"type": "object", "$ref": (tmp_path / "schema.json").as_uri()}
    tool: JsonValue = {"name": "search", "input_schema": schema}
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=[tool])
    then(gateway, call(gateway), result(gateway), tools=[tool])
    assert not gateway.verdict()


@pytest.mark.parametrize("later", ["none", "other"])
def test_tool_result_mismatched(gateway: GatewaySession, later: str) -> None:
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=TOOLS)
    other: JsonValue = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_x", "content": "4"}]}
    then(gateway, call(gateway), USER if later == "none" else other, tools=TOOLS)
    assert gateway.verdict().rules == {"tool-result-mismatched"}


def test_a_proper_tool_loop_is_right(gateway: GatewaySession) -> None:
    gateway.tool_use("search", q="x").reply("ok")
    post(gateway, tools=TOOLS)
    then(gateway, call(gateway), result(gateway), tools=TOOLS)
    assert not gateway.verdict()


def test_unbounded_history(gateway: GatewaySession) -> None:
    talk: list[JsonValue] = [{"role": role, "content": "x"} for _ in range(100) for role in ("user", "assistant")]
    for size in (199, 200):
        post(gateway, messages=[*talk[:size], USER])
    assert gateway.verdict().rules == {"unbounded-history"}


def test_key_leaked(gateway: GatewaySession) -> None:
    post(gateway, text=f"use {gateway.key}")
    assert gateway.verdict().rules == {"key-leaked"}


def exchanges(gateway: GatewaySession, times: list[tuple[float, float]], outcome: Outcome) -> Iterator[Exchange]:
    """Yield copies of the last exchange, as if they had happened at these times."""
    base = gateway.journal.last.exchange
    for number, (arrived, left) in enumerate(times, start=1):
        kept = Captured(headers={}, received_at=arrived, ended_at=left)
        yield Exchange(number, arrived, "", base.method, base.path, base.body, base.note, outcome, kept)


def rules_of(
    gateway: GatewaySession, times: list[tuple[float, float]], outcome: Outcome, limits: ClientLimits
) -> set[str]:
    from mockserver.journal.record import Record

    contract = gateway._server.contract
    return judge([Record(one, contract) for one in exchanges(gateway, times, outcome)], limits).rules


@pytest.mark.parametrize(("most", "rules"), [(1, {"too-concurrent"}), (2, set[str]())])
def test_too_concurrent(gateway: GatewaySession, most: int, rules: set[str]) -> None:
    post(gateway)
    done = Outcome(200, 1, 1, 0.0, "complete")
    assert rules_of(gateway, [(0, 2), (1, 3), (3, 4)], done, ClientLimits(concurrency=most)) == rules


@pytest.mark.parametrize(
    ("ended", "allowed", "rules"),
    [("complete", 5.0, {"no-read-timeout"}), ("complete", None, set[str]()), ("client_left", 5.0, set[str]())],
)
def test_no_read_timeout(gateway: GatewaySession, ended: str, allowed: float | None, rules: set[str]) -> None:
    post(gateway)
    stalled = Outcome(200, 2, 2, 12.0, "client_left" if ended == "client_left" else "complete", 2, ((1, 1, 1.0),))
    assert rules_of(gateway, [(0, 12)], stalled, ClientLimits(read_timeout=allowed)) == rules


@pytest.mark.parametrize(("ended", "rules"), [("reset", {"no-back-off"}), ("client_left", set[str]())])
def test_when_a_client_left_cannot_be_known_from_when_that_was_noticed(
    gateway: GatewaySession, ended: Ended, rules: set[str]
) -> None:
    post(gateway)
    broken = Outcome(200, 1, 1, 1.0, ended, 2)
    assert rules_of(gateway, [(0, 1), (1.01, 2)], broken, ClientLimits()) == rules


# --- what was checked -------------------------------------------------------------------------------------------------


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


# --- the official SDKs do nothing wrong -------------------------------------------------------------------------------

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
