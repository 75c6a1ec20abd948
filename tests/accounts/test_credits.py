"""Credits as a client sees them: what an answer costs, when it is refused, what the balance says."""

from decimal import Decimal

import pytest

from mockserver.accounts import billing, ledger
from mockserver.accounts.billing import Receipt
from mockserver.accounts.session import Session
from mockserver.core.actions import Action, End, Head, Wait
from tests.support.bank import (
    BALANCE,
    BYOK,
    CHAT,
    CONVERSATIONS,
    MANAGED,
    MESSAGES,
    NOW,
    RUN_OUT,
    THREE_CREDITS,
    TWO,
    Bank,
)
from tests.support.engine import contract, turns

# --- Credits


def test_three_credits_are_answers_a_falling_balance_then_402_and_after_a_top_up_answers_again() -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    assert [(bank.say("sk_three").status, bank.left("sk_three")) for _ in range(2)] == [
        (200, Decimal(1)),
        (200, Decimal(-1)),
    ]
    for path in (MESSAGES, CHAT):
        refused = bank.say("sk_three", path)
        assert (refused.status, refused.at("code")) == (402, "insufficient_credits")
    bank.move("sk_three", lambda books: ledger.top_up(books, Decimal(5)))
    assert bank.left("sk_three") == 4
    assert bank.say("sk_three").status == 200
    bank.move("sk_three", ledger.drain)
    assert bank.say("sk_three").status == 402


def test_the_balance_can_be_moved_before_the_first_request() -> None:
    bank = Bank(THREE_CREDITS, scripts=[RUN_OUT])
    bank.move("sk_three", ledger.drain)
    bank.move("sk_other", ledger.drain)
    assert [bank.say(key).status for key in ("sk_three", "sk_other")] == [402, 402]
    assert billing.movement(Bank().accounts.holder_of_key("sk_a"), NOW, ledger.drain)(Session("a")) == (
        Session("a"),
        None,
    )


def test_the_month_renews_the_credits_on_the_clock() -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    bank.say("sk_three")
    bank.say("sk_three")
    bank.now = NOW + 31 * 86_400 - 1
    assert bank.say("sk_three").status == 402
    bank.now += 1
    assert bank.say("sk_three").status == 200
    assert bank.left("sk_three") == 998
    balance = bank.get(BALANCE, "sk_three").json
    assert (balance["period_start"], balance["period_end"]) == ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")


def test_the_balance_is_what_the_contract_says_and_exact() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: pro, credits: 0.3, prices: {'*': 0.0001}}]", scripts=[TWO])
    bank.say("sk_a")
    answer = bank.get(BALANCE, "sk_a")
    assert b'"remaining_credits":0.2998,' in answer.payload
    assert answer.json == {
        "total_credits": 50_000,
        "used_credits": 49_999.7002,
        "remaining_credits": 0.2998,
        "unlimited": False,
        "plan": "pro",
        "period_start": "2026-01-01T00:00:00Z",
        "period_end": "2026-02-01T00:00:00Z",
        "usage_percentage": 99.9994,
    }
    operation = contract().find("GET", BALANCE)[0]
    contract().response_validator(operation, 200).validate(answer.json)


@pytest.mark.parametrize("path", [path for path in CONVERSATIONS if path != BYOK])
def test_every_conversation_is_metered(path: str) -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    assert [bank.say("sk_three", path).status for _ in range(3)] == [200, 200, 402]


def test_byok_is_never_charged_nor_limited() -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 0, limits: {requests: 0}}]", scripts=[TWO])
    assert bank.say("sk_a", BYOK).status == 200
    assert bank.say("sk_a").status == 402


def test_errors_and_refused_requests_cost_nothing() -> None:
    failing = turns("  - error: {status: 500}\n    times: 2\n  - reply: ok")
    bank = Bank("accounts: [{key: sk_a, credits: 3, limits: {requests: 1}}]", scripts=[failing])
    statuses = [
        bank.say("sk_a").status,
        bank.say("sk_a", max_tokens=-1).status,
        bank.post(MESSAGES, b"{", "sk_a").status,
        bank.say("sk_a").status,
    ]
    assert statuses == [500, 400, 400, 500]
    assert bank.left("sk_a") == 3
    assert [bank.say("sk_a").status for _ in range(2)] == [200, 429]


def test_prices_are_set_by_account_model_plan_in_this_order() -> None:
    text = """
accounts:
  - {key: sk_own, plan: pro, credits: 1000, prices: {claude-*: 10, gpt-*: 20}}
  - {key: sk_plan, plan: pro, credits: 100}
  - {key: sk_rest, plan: business, credits: 100}
prices: {default: 2, plans: {pro: 3}, models: {gpt-*: 7}}
"""
    bank = Bank(text, scripts=[TWO])
    table = [
        ("sk_own", "claude-sonnet-4.5", 20),
        ("sk_own", "anthropic/claude-sonnet-4-5", 20),
        ("sk_own", "gpt-4o", 40),
        ("sk_own", "qwen-7b", 6),
        ("sk_plan", "gpt-4o", 14),
        ("sk_plan", "qwen-7b", 6),
        ("sk_rest", "qwen-7b", 4),
    ]
    for key, model, price in table:
        before = bank.left(key)
        bank.say(key, model=model)
        assert before - bank.left(key) == price, (key, model)


def test_an_unlimited_account_has_a_balance_that_stays() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: enterprise, unlimited: true, credits: 0}]", scripts=[TWO])
    assert bank.say("sk_a").status == 200
    balance = bank.get(BALANCE, "sk_a").json
    assert (balance["unlimited"], balance["period_end"], balance["remaining_credits"]) == (True, None, 0)


def test_managed_answers_say_what_they_cost_and_what_is_left() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: pro, credits: 2.5}]", scripts=[TWO])
    first, second = bank.say("sk_a", MANAGED).json, bank.say("sk_a", MANAGED).json
    assert [one["credits_remaining"] for one in (first, second)] == [0.5, -1.5]
    assert (first["credits_consumed"], first["plan_tier"]) == (2, "pro")


# --- Streams: charged for what they delivered


def streamed(options: str = "", frames: int | None = None, path: str = MESSAGES) -> Decimal:
    """Return the cost of a stream of ten deltas, 1,000 tokens in and 1,000 out, after this many delivered frames."""
    ten = turns("  - reply: a b c d e f g h i j\n    usage: {input: 1000, output: 1000}\n    times: always")
    bank = Bank(f"accounts: [{{key: sk_a, plan: pro, credits: 100{options}}}]", scripts=[ten])
    answer = bank.say("sk_a", path, stream=True, frames=frames)
    assert sum(frame.event in ("content_block_delta", "text") for frame in answer.frames) == 10
    return 100 - bank.left("sk_a")


@pytest.mark.parametrize(
    ("frames", "cost"),
    # message_start, content_block_start, ping: then the deltas
    [(None, "2"), (0, "0"), (1, "1"), (3, "1"), (4, "1.1"), (8, "1.5"), (13, "2"), (14, "2")],
)
def test_a_stream_costs_what_it_delivered(frames: int | None, cost: str) -> None:
    assert streamed(frames=frames) == Decimal(cost)


def test_a_stream_can_be_charged_first() -> None:
    assert streamed(", charge: first", frames=1) == 2


def test_a_whole_answer_that_nobody_took_costs_nothing() -> None:
    bank = Bank(THREE_CREDITS, scripts=[TWO])
    bank.say("sk_three", frames=0)
    assert bank.left("sk_three") == 3


@pytest.mark.parametrize(("path", "event"), [(MESSAGES, "content_block_delta"), (CHAT, "text")])
def test_a_stream_can_be_cut_where_the_balance_ends(path: str, event: str) -> None:
    ten = turns("  - reply: a b c d e f g h i j\n    usage: {input: 1000, output: 1000}\n    times: always")
    bank = Bank("accounts: [{key: sk_a, credits: 1.35, overdraft: cut}]", scripts=[ten])
    answer = bank.say("sk_a", path, stream=True)
    assert sum(frame.event == event for frame in answer.frames) == 3
    assert answer.frames[-1].event == "error"
    assert b"insufficient_credits" in answer.frames[-1].payload
    assert bank.left("sk_a") == 0
    assert bank.say("sk_a", path, stream=True).status == 402


def test_a_stream_in_flight_has_been_paid_for() -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 4}]", scripts=[TWO])
    assert [bank.say("sk_a", settle=False).status for _ in range(3)] == [200, 200, 402]


@pytest.mark.parametrize(("end", "cost"), [(End(), 2), (Wait(1.0), 0)])
def test_bytes_in_the_place_of_frames_are_delivered_if_the_answer_ends_properly(end: Action, cost: int) -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 100}]", scripts=[TWO])
    bank.say("sk_a", settle=False)
    [session] = bank.sessions.values()
    [(books, hold)] = [(books, hold) for books, ledger in session.ledgers.items() for hold in ledger.holds]
    receipt = Receipt(
        ledger_name=books,
        hold=hold,
        rate=Decimal("0.001"),
        paid=Decimal(2),
        input=1200,
        output=800,
        deltas=0,
        refunds=True,
    )
    after = billing.settle(session, receipt, (Head(200), end), 0, complete=True)
    assert 100 - after.ledgers[books].remaining == cost


# --- Answers that were never sent, and ledgers that are gone


def test_an_answer_that_was_never_sent_costs_nothing() -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 4}]", scripts=[TWO])
    bank.say("sk_a", settle=False)
    [(name, session)] = bank.sessions.items()
    [hold] = [hold for ledger in session.ledgers.values() for hold in ledger.holds]
    assert bank.left("sk_a") == 2
    bank.sessions[name] = billing.void(session, hold)
    assert bank.left("sk_a") == 4
    assert billing.void(bank.sessions[name], hold) is bank.sessions[name]


def test_an_answer_whose_ledger_is_gone_changes_nothing() -> None:
    """A control request can replace the account of a session while an answer of the old one is still on its way."""
    receipt = Receipt(
        ledger_name="gone", hold="1", rate=Decimal(1), paid=Decimal(2), input=1, output=1, deltas=1, refunds=True
    )
    session = Session("a")
    assert billing.settle(session, receipt, (), 0, False) is session
