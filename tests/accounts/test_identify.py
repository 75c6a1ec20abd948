"""Accounts as a client sees them: keys, plans, limits, models; credits are in test_credits."""

import pytest
from pydantic import JsonValue

from mockserver.accounts import billing
from mockserver.accounts.keys import session_of
from mockserver.accounts.plans import RANKS, TARIFFS, Tariff
from mockserver.core.errors import AuthorError
from mockserver.engine.request import Request
from mockserver.engine.step import EngineSettings
from tests.support.bank import (
    BALANCE,
    CHAT,
    CONVERSATIONS,
    LOGIN,
    ME,
    MESSAGES,
    NOW,
    PUBLIC,
    RUN_OUT,
    THREE_CREDITS,
    TWO,
    Bank,
    accounts_of,
)
from tests.support.engine import contract, script, turns

# --- Zero configuration


@pytest.mark.parametrize("key", ["sk_test", "ak_1", "anything", "eyJhbGc...", "a.b.c"])
def test_without_accounts_any_plausible_key_is_unlimited_and_unmetered(key: str) -> None:
    bank = Bank(scripts=[TWO])
    assert {bank.say(key).status for _ in range(100)} == {200}
    assert bank.get(BALANCE, key).json["unlimited"] is True
    assert all(not session.ledgers for session in bank.sessions.values())


def test_sk_ant_is_refused_everywhere_also_where_it_is_an_accounts_key() -> None:
    with pytest.raises(AuthorError, match="sk-ant- keys are refused everywhere"):
        accounts_of("accounts: [{key: sk-ant-x}]")
    for path in CONVERSATIONS:
        assert Bank().say("sk-ant-x", path).status == 401


@pytest.mark.parametrize(("key", "status"), [("sk_x", 200), ("ak_x", 200), ("xx_x", 401), ("eyJhbGc...", 401)])
def test_strict_keys_takes_our_prefixes_and_tokens_only(key: str, status: int) -> None:
    assert Bank(strict_keys=True).say(key).status == status


def test_strict_keys_takes_tokens_issued_here() -> None:
    bank = Bank(strict_keys=True)
    assert bank.say(bank.log_in()["access_token"]).status == 200


def test_unknown_keys_can_be_refused() -> None:
    text = THREE_CREDITS + "\nunknown_keys: refuse"
    assert Bank(text).say("sk_three").status == 200
    refused = Bank(text).say("sk_four")
    assert (refused.status, refused.at("code")) == (401, "invalid_api_key")
    assert Bank(THREE_CREDITS).say("sk_four").status == 200


def test_no_key_is_ever_shown() -> None:
    key = "sk_a_very_secret_key"
    bank = Bank("accounts: [{key: sk_other, credits: 0}]\nunknown_keys: refuse")
    answer = bank.say(key)
    assert key.encode() not in answer.payload + repr((answer.headers, answer.note)).encode()
    poor = Bank(f"accounts: [{{key: {key}, credits: 0}}]")
    answer = poor.say(key)
    assert key.encode() not in answer.payload + repr((answer.headers, answer.note, poor.sessions)).encode()


def test_one_account_has_one_session_whichever_key_it_uses() -> None:
    bank = Bank(
        "accounts: [{keys: [sk_a, sk_b], credits: 10, user: {email: jo@example.com, password: secret}}]", scripts=[TWO]
    )
    bank.say("sk_a")
    bank.say("sk_b")
    bank.say(bank.log_in()["access_token"])
    assert bank.left("sk_a") == bank.left("sk_b") == 4
    assert session_of("sk_a") in bank.sessions


def test_another_header_moves_no_account_to_other_books() -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    body = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
    statuses = []
    for number in range(4):
        both = {"authorization": "Bearer sk_three", "x-api-key": f"sk_{number}"}  # D0's route reads Bearer alone
        statuses.append(bank.send(Request("POST", PUBLIC, both, body)).status)
    assert statuses == [200, 200, 402, 402]


def test_sessions_chosen_by_header_have_books_of_their_own() -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    for name in ("one", "two"):
        bank.send(
            Request(
                "POST",
                CHAT,
                {"x-api-key": "sk_three", "x-mock-session": name},
                b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}',
            )
        )
    assert [session.ledgers[session_of("sk_three")].remaining for session in bank.sessions.values()] == [1, 1]


# --- Limits


@pytest.mark.parametrize("plan", sorted(RANKS))
@pytest.mark.parametrize(("path", "tariff"), [(PUBLIC, "per_minute"), (CHAT, "per_hour"), (MESSAGES, "per_hour")])
def test_every_plan_has_the_requests_of_its_table(plan: str, path: str, tariff: Tariff) -> None:
    free = turns("  - reply: ok\n    usage: {input: 0, output: 0}\n    times: always")
    account = accounts_of(f"accounts: [{{key: sk_a, plan: {plan}}}]").accounts[0]
    operation = contract().find("POST", path)[0]
    terms = billing.terms_of(account, operation)
    limits = TARIFFS[tariff][plan]
    assert terms is not None
    assert (terms.requests, terms.seconds, terms.tokens) == limits
    if limits.requests > 60:
        return
    bank = Bank(f"accounts: [{{key: sk_a, plan: {plan}}}]", scripts=[free])
    assert {bank.say("sk_a", path).status for _ in range(limits.requests)} == {200}
    refused = bank.say("sk_a", path)
    assert (refused.status, refused.at("code")) == (429, "rate_limit_exceeded")
    assert refused.headers["retry-after"] == str(limits.seconds)


@pytest.mark.parametrize("into", [0.0, 0.3, 17.5, 59.5])
def test_retry_after_is_the_true_remaining_wait(into: float) -> None:
    bank = Bank("accounts: [{key: sk_a, limits: {requests: 2, per: 1m}}]")
    bank.now = NOW + 0.4
    bank.say("sk_a")
    bank.now += into
    bank.say("sk_a")
    refused = bank.say("sk_a")
    wait = int(refused.headers["retry-after"])
    bank.now += wait - 1
    assert bank.say("sk_a").status == 429
    bank.now += 1
    assert bank.say("sk_a").status == 200


def test_monthly_tokens_end_on_d0s_route_and_nowhere_else() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: free}]", scripts=[TWO])
    assert [bank.say("sk_a", PUBLIC).status for _ in range(6)] == [200] * 5 + [429]
    refused = bank.say("sk_a", PUBLIC)
    assert (refused.at("code"), refused.headers["retry-after"]) == ("token_limit_exceeded", str(31 * 86_400))
    assert bank.say("sk_a", CHAT).status == 200


def test_limits_are_the_accounts_and_not_the_keys() -> None:
    bank = Bank("accounts: [{keys: [sk_a, sk_b], limits: {requests: 1}}]")
    assert [bank.say("sk_a").status, bank.say("sk_b").status] == [200, 429]


def test_auth_comes_before_size_and_money_before_the_body() -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 0}]")
    assert bank.post(MESSAGES, b"{", "sk_a").status == 402
    assert bank.post(MESSAGES, b"{", "sk-ant-x").status == 401
    assert bank.send(Request("POST", MESSAGES, {"x-api-key": "sk-ant-x"}, too_large=True)).status == 401
    assert bank.send(Request("POST", MESSAGES, {"x-api-key": "sk_a"}, too_large=True)).status == 413


# --- The account of a scenario


def test_the_account_of_a_scenario_is_everybodys_each_with_books_of_his_own() -> None:
    bank = Bank(scripts=[RUN_OUT])
    for key in ("sk_a", "sk_b"):
        assert [bank.say(key).status for _ in range(3)] == [200, 200, 402]
        assert bank.get(BALANCE, key).json["plan"] == "starter"


@pytest.mark.parametrize("how", ["key", "model", "header"])
def test_it_holds_however_the_scenario_is_chosen(how: str) -> None:
    bank = Bank(scripts=[RUN_OUT], settings=EngineSettings())
    key = "sk_mock_run-out" if how == "key" else "sk_a"
    model = "mock/run-out" if how == "model" else "test-model"
    headers = {"authorization": f"Bearer {key}"} | ({"x-mock-scenario": "run-out"} if how == "header" else {})
    body = f'{{"model":"{model}","max_tokens":9,"messages":[{{"role":"user","content":"Hi"}}]}}'.encode()
    assert [bank.send(Request("POST", MESSAGES, headers, body)).status for _ in range(3)] == [200, 200, 402]


def test_the_account_of_a_file_goes_before_that_of_a_scenario() -> None:
    bank = Bank("accounts: [{key: sk_rich, plan: pro}]", scripts=[RUN_OUT])
    assert [bank.say("sk_rich").status for _ in range(4)] == [200] * 4


def test_a_scenarios_account_with_keys_is_theirs_alone() -> None:
    own = script("scenario: own\naccount: {key: sk_a, credits: 0}\nturns: [{reply: hi, times: always}]")
    bank = Bank(scripts=[own])
    assert [bank.say(key).status for key in ("sk_a", "sk_b")] == [402, 200]


def test_the_user_of_a_scenario_logs_in_and_pays() -> None:
    own = script("""
scenario: own
account: {plan: pro, credits: 2, user: {email: jo@example.com, password: secret, role: admin}}
turns: [{reply: hi, usage: {input: 1000, output: 1000}, times: always}]
""")
    bank = Bank(scripts=[own])
    assert bank.post(LOGIN, {"email": "jo@example.com", "password": "wrong"}).status == 401
    token = bank.log_in()["access_token"]
    me = bank.get(ME, token).json
    assert (me["email"], me["role"], me["plan"]) == ("jo@example.com", "admin", "pro")
    assert [bank.say(token).status for _ in range(2)] == [200, 402]


# --- Models


def test_strict_models_is_404_for_unknown_and_403_by_plan() -> None:
    bank = Bank("accounts: [{key: sk_free, plan: free}]", settings=EngineSettings(strict_models=True))
    table = [
        ("sk_free", "qwen-7b", 200, None),
        ("sk_free", "claude-opus-4", 403, "model_not_available"),
        ("sk_free", "qwen-7c", 404, "model_not_found"),
        ("sk_open", "claude-opus-4", 200, None),
        ("sk_open", "qwen-7c", 404, "model_not_found"),
    ]
    for path in (MESSAGES, CHAT):
        for key, model, status, reason in table:
            answer = bank.say(key, path, model=model)
            assert (answer.status, answer.json.get("code")) == (status, reason), (path, key, model)
    assert bank.say("sk_open", model="nope").at("error", "type") == "not_found_error"


def test_without_strict_models_every_model_is_there() -> None:
    bank = Bank("accounts: [{key: sk_free, plan: free}]")
    assert {bank.say("sk_free", model=model).status for model in ("claude-opus-4", "qwen-7c")} == {200}


def test_the_models_that_an_account_names_are_the_only_ones() -> None:
    bank = Bank("accounts: [{key: sk_a, models: [qwen-*, claude-sonnet-4.5]}]")
    table = {"qwen-7b": 200, "Claude-Sonnet-4-5": 200, "anthropic/claude-sonnet-4.5": 200, "gpt-4o": 403}
    assert {model: bank.say("sk_a", model=model).status for model in table} == table


def test_a_prompt_longer_than_the_context_is_400() -> None:
    text = "x" * (4 * 128_000 + 1)
    answer = Bank().say("sk_a", CHAT, model="gpt-4o", messages=[{"role": "user", "content": text}])
    assert (answer.status, answer.at("code")) == (400, "context_length_exceeded")
    assert Bank().say("sk_a", CHAT, model="gpt-5", messages=[{"role": "user", "content": text}]).status == 200


NESTED: JsonValue = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}}


@pytest.mark.parametrize("stream", [False, True])
def test_what_d1_advises_against_is_told_in_a_header_and_in_the_note(stream: bool) -> None:
    tools: list[JsonValue] = [{"name": f"t{n}", "description": "x" * 301, "input_schema": NESTED} for n in range(17)]
    bank = Bank()
    answer = bank.say("sk_a", model="qwen-coder-32b", tools=tools, stream=stream)
    assert answer.headers["x-mock-note"].startswith("17 tools; open models take about 16; tool t0: description of 301")
    assert "tool t0: nested schema; flat properties work best" in answer.note.warnings
    assert bank.say("sk_a", model="claude-sonnet-4.5", tools=tools).note.warnings == ()
    assert "x-mock-note" not in bank.say("sk_a", model="qwen-coder-32b", tools=tools[:0]).headers


# --- Files that mean nothing do not load


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("accounts: []", "at least 1"),
        ("accounts: [{plan: pro}]", "nobody could use this account"),
        ("accounts: [{key: sk_a, plan: gold}]", "plan"),
        ("accounts: [{key: sk_a, credits: -1}]", "a number of credits"),
        ("accounts: [{key: sk_a, credits: true}]", "a number of credits"),
        ("accounts: [{key: sk_a, credits: .inf}]", "not a JSON number"),
        ("accounts: [{key: sk_a, credits: .nan}]", "not a JSON number"),
        ("accounts: [{key: sk_a, credits: '0.0000000001'}]", "at most 9 decimals"),
        ("accounts: [{key: sk_a}, {keys: [sk_b, sk_a]}]", "the same key"),
        ("accounts: [{key: sk_a, limits: {per: 300ms}}]", "whole number of seconds"),
        ("accounts: [{key: sk_a, kredits: 3}]", "kredits"),
        (
            "accounts: [{user: {email: a@b, password: x}}, {user: {email: A@b, password: y}}]",
            "the same user email",
        ),
    ],
)
def test_an_accounts_file_that_means_nothing_does_not_load(text: str, words: str) -> None:
    with pytest.raises(AuthorError, match=words):
        accounts_of(text)


def test_a_refusal_never_makes_a_session() -> None:
    bank = Bank(strict_keys=True)
    bank.say("nope")
    assert bank.sessions == {}
