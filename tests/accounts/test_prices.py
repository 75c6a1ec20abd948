"""What a cached token costs: its own price, exactly, in the balance and in managed answers."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from mockserver.accounts.prices import DEFAULT_RATE, Rate
from mockserver.core.conversation import Usage
from tests.support.bank import CHAT, MANAGED, Bank
from tests.support.engine import MESSAGES, turns

CACHED = turns(
    "  - {reply: hello, usage: {input: 1000, output: 100, cache_read: 600, cache_write: 300}, times: always}\n"
)
LONG = "It was a dark and stormy night; the rain fell in torrents. " * 100


@pytest.mark.parametrize(
    ("prices", "price"),
    [
        ("1", "0.56"),  # 100 of the prompt, 300 written, 100 of the answer, and a tenth of 600
        ("{tokens: 1}", "0.56"),
        ("{tokens: 1, cache_read: 0}", "0.5"),
        ("{tokens: 1, cache_read: 0.5, cache_write: 1.25}", "0.875"),
        ("{tokens: 0, cache_read: 0.000000001}", "0.0000000006"),
    ],
)
@pytest.mark.parametrize("path", [MESSAGES, CHAT, MANAGED])
def test_each_kind_of_token_has_its_price(prices: str, price: str, path: str) -> None:
    bank = Bank(f"{{accounts: [{{key: sk_a, credits: 100, prices: {{'*': {prices}}}}}]}}", scripts=[CACHED])
    bank.say("sk_a", path)
    assert Decimal(100) - bank.left("sk_a") == Decimal(price)


@pytest.mark.parametrize("place", ["default: {price}", "plans: {{starter: {price}}}", "models: {{'*': {price}}}"])
def test_the_price_is_settable_wherever_a_price_stands(place: str) -> None:
    said = place.format(price="{tokens: 2, cache_read: 1}")
    bank = Bank(f"{{accounts: [{{key: sk_a, credits: 100}}], prices: {{{said}}}}}", scripts=[CACHED])
    bank.say("sk_a")
    assert Decimal(100) - bank.left("sk_a") == Decimal("1.6")


def test_a_prompt_that_is_found_again_costs_less() -> None:
    bank = Bank("{accounts: [{key: sk_a, credits: 100}]}", scripts=[turns("  - {reply: ok, times: always}\n")])
    question: list[JsonValue] = [{"role": "user", "content": LONG}]
    before = bank.left("sk_a")
    costs: list[Decimal] = []
    for _ in range(2):
        bank.say("sk_a", CHAT, messages=question)
        costs.append(before - bank.left("sk_a"))
        before = bank.left("sk_a")
    assert costs == [Decimal("1.476"), Decimal("1.476") - Decimal("0.9") * Decimal("1.408")]


def test_a_managed_answer_without_an_account_counts_it_too() -> None:
    answer = Bank(scripts=[CACHED]).say("sk_a", MANAGED)
    assert answer.at("credits_consumed") == 0.56


@pytest.mark.parametrize("stream", [False, True])
def test_a_stream_is_cut_where_its_cheaper_prompt_leaves_nothing(stream: bool) -> None:
    script = turns("  - {reply: one two three four five, usage: {input: 1000, output: 100, cache_read: 1000}}\n")
    account = "{accounts: [{key: sk_a, credits: 0.15, overdraft: cut, prices: {'*': 1}}]}"
    bank = Bank(account, scripts=[script])
    answer = bank.say("sk_a", stream=stream)
    assert (answer.frames[-1].event == "error") is stream
    assert bank.left("sk_a") == (0 if stream else Decimal("-0.05"))


def test_a_prompt_that_alone_costs_too_much_leaves_no_word() -> None:
    script = turns("  - {reply: one two three, usage: {input: 1000, output: 100, cache_read: 1000}}\n")
    account = "{accounts: [{key: sk_a, credits: 0.5, overdraft: cut, prices: {'*': {tokens: 0, cache_read: 1}}}]}"
    answer = Bank(account, scripts=[script]).say("sk_a", stream=True)
    assert [frame.event for frame in answer.frames if frame.event == "content_block_delta"] == []


def test_the_price_of_an_answer_without_a_cache_is_that_of_its_tokens() -> None:
    assert DEFAULT_RATE.price(Usage(1200, 800)) == 2
    assert Rate(Decimal("0.001"), Decimal("0.0001"), Decimal("0.001")) == DEFAULT_RATE
