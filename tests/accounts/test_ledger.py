"""The ledger, first by a machine that plays an account's life at random, then case by case."""

from datetime import UTC, datetime
from decimal import Decimal
from math import floor
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockserver.accounts import ledger
from mockserver.accounts.ledger import Bill, Denied, Ledger, Terms
from tests.support.properties import examples

NOW = 1_767_225_600.0
DAY = 86_400
MONTHLY = Decimal(100)
TERMS = Terms(tariff="per_hour", requests=4, seconds=60, tokens=5_000, monthly=MONTHLY)

TARIFFS = {
    "per_minute": Terms(tariff="per_minute", requests=3, seconds=60, tokens=5_000, monthly=MONTHLY),
    "per_hour": Terms(tariff="per_hour", requests=4, seconds=3_600, monthly=MONTHLY),
}
BORN = datetime(2026, 1, 31, 10, tzinfo=UTC)
"""The last day of a month, so that months differ in length at the account's anniversary too."""

amounts = st.decimals(min_value=0, max_value=60, places=3)
moments = st.one_of(st.integers(0, 130).map(float), st.floats(0, 3, allow_nan=False))
prices = st.sampled_from([Decimal(0), Decimal("0.001"), Decimal(50)]) | amounts
tokens = st.sampled_from([0, 1, 500, 1_000, 2_500]) | st.integers(0, 3_000)
offsets = st.sampled_from([-1.0, -0.25, 0.0, 0.25, 1.0])


def birthday(months: int) -> int:
    """Return the second in which the month of that number begins, found by trying days."""
    year, month = divmod(BORN.month - 1 + months, 12)
    for day in (31, 30, 29, 28):
        try:
            return int(BORN.replace(year=BORN.year + year, month=month + 1, day=day).timestamp())
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


class Paid(NamedTuple):
    """An answer that was paid for and is not settled."""

    credits: Decimal
    tokens: int
    tariff: str
    at: int
    month: int


class AccountLife(RuleBasedStateMachine):
    """What the ledger says, compared with books kept in the plainest way: lists that are summed up each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BORN.timestamp() + 0.3
        self.ledger = ledger.open_ledger(self.now, MONTHLY)
        self.unlimited = False
        self.month = 0
        self.movements: list[Decimal] = [MONTHLY]
        self.tokens: dict[str, list[int]] = {}
        self.windows: dict[str, tuple[int, int]] = {}
        self.open: dict[str, Paid] = {}
        self.gone: list[str] = []
        self.names = self.answers = 0

    @property
    def second(self) -> int:
        return floor(self.now)

    def _pass(self, moment: float) -> None:
        """Time goes on to a moment; a month may begin."""
        self.now = max(self.now, moment)
        while birthday(self.month + 1) <= self.second:
            self.month += 1
            self.movements, self.tokens = [MONTHLY], {}

    @initialize(unlimited=st.booleans())
    def the_account_is_opened(self, unlimited: bool) -> None:
        self.unlimited = unlimited

    @rule(seconds=moments)
    def time_passes(self, seconds: float) -> None:
        self._pass(self.now + seconds)

    @rule(by=offsets, months=st.sampled_from([1, 1, 1, 2, 13]))
    def a_month_is_about_to_end(self, by: float, months: int) -> None:
        self._pass(birthday(self.month + months) + by)

    @precondition(lambda self: self.windows)
    @rule(by=offsets, data=st.data())
    def a_window_is_about_to_end(self, by: float, data: st.DataObject) -> None:
        tariff = data.draw(st.sampled_from(sorted(self.windows)))
        self._pass(self.windows[tariff][0] + TARIFFS[tariff].seconds + by)

    @precondition(lambda self: self.open)
    @rule(by=offsets)
    def an_answer_is_about_to_be_forgotten(self, by: float) -> None:
        self._pass(min(paid.at for paid in self.open.values()) + ledger.FORGOTTEN + by)

    def _expected(self, terms: Terms) -> Denied | None:
        """Why no answer may be given now, and how long that stays so."""
        until_renewal = birthday(self.month + 1) - self.second
        if not self.unlimited and sum(self.movements) <= 0:
            return Denied("insufficient_credits", until_renewal)
        if terms.tokens is not None and sum(self.tokens.get(terms.tariff, [])) >= terms.tokens:
            return Denied("token_limit_exceeded", until_renewal)
        start, count = self._window(terms)
        assert terms.requests is not None
        return Denied("rate_limit_exceeded", start + terms.seconds - self.second) if count >= terms.requests else None

    def _window(self, terms: Terms) -> tuple[int, int]:
        """Return the window in which a request would count: its start and its count."""
        start, count = self.windows.get(terms.tariff, (self.second, 0))
        return (start, count) if self.second - start < terms.seconds else (self.second, 0)

    @rule(tariff=st.sampled_from(sorted(TARIFFS)), price=prices, tokens=tokens, times=st.integers(1, 5))
    def answers_are_asked_for(self, tariff: str, price: Decimal, tokens: int, times: int) -> None:
        for _ in range(times):
            self._ask(tariff, price, tokens)

    def _ask(self, tariff: str, price: Decimal, tokens: int) -> None:
        terms = msgspec.structs.replace(TARIFFS[tariff], unlimited=self.unlimited)
        self.names += 1
        name, expected = str(self.names), self._expected(terms)
        after, verdict = ledger.charge(self.ledger, terms, Bill(name, price, tokens), self.now)
        assert verdict == (expected or ledger.GRANTED)
        if expected is not None:
            assert after is self.ledger
            assert ledger.assess(after, terms, self.now + expected.wait - 1) == Denied(expected.reason, 1)
            then = ledger.assess(after, terms, self.now + expected.wait)
            assert not isinstance(then, Denied) or then.reason != expected.reason
            return
        price = Decimal(0) if self.unlimited else price
        start, count = self._window(terms)
        self.windows[tariff] = start, count + 1
        forgotten = [name for name, paid in self.open.items() if paid.at <= self.second - ledger.FORGOTTEN]
        self.gone += forgotten
        self.open = {name: paid for name, paid in self.open.items() if name not in forgotten}
        self.open[name] = Paid(price, tokens, tariff, self.second, self.month)
        self.movements.append(-price)
        self.tokens.setdefault(tariff, []).append(tokens)
        self.answers += 1
        self.ledger = after

    def _gives_back(self, paid: Paid, credits: Decimal, tokens: int) -> None:
        """Check that a refund is at most the charge, and goes to the month that was charged."""
        if paid.month == self.month:
            self.movements.append(min(credits, paid.credits))
            self.tokens[paid.tariff].append(-min(tokens, paid.tokens))

    @precondition(lambda self: self.open)
    @rule(share=st.sampled_from([0, 33, 100, 150]), data=st.data())
    def an_answer_is_settled(self, share: int, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        paid = self.open.pop(name)
        self.gone.append(name)
        credits, tokens = paid.credits * share / 100, paid.tokens * share // 100
        self._gives_back(paid, credits, tokens)
        self.ledger = ledger.settle(self.ledger, name, credits, tokens)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def an_answer_was_never_sent(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        paid = self.open.pop(name)
        self.gone.append(name)
        self._gives_back(paid, paid.credits, paid.tokens)
        start, count = self.windows[paid.tariff]
        if start <= paid.at:  # else it was counted in a window that is over
            self.windows[paid.tariff] = start, count - 1
        self.answers -= 1
        self.ledger = ledger.void(self.ledger, name)

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), tokens=st.integers(0, 3_000), credits=amounts)
    def an_answer_that_is_settled_or_forgotten_is_settled_again(
        self, data: st.DataObject, tokens: int, credits: Decimal
    ) -> None:
        name = data.draw(st.sampled_from(self.gone))
        assert ledger.settle(self.ledger, name, credits, tokens) is self.ledger
        assert ledger.void(self.ledger, name) is self.ledger

    @rule(credits=amounts)
    def credits_are_bought(self, credits: Decimal) -> None:
        self.ledger = ledger.top_up(ledger.renewed(self.ledger, MONTHLY, self.now), credits)
        self.movements.append(credits)

    @rule(left=amounts)
    def the_balance_is_drained(self, left: Decimal) -> None:
        self.ledger = ledger.drain(ledger.renewed(self.ledger, MONTHLY, self.now), left)
        self.movements = [left]

    @invariant()
    def every_movement_is_in_the_books(self) -> None:
        now = ledger.renewed(self.ledger, MONTHLY, self.now)
        assert now.remaining == sum(self.movements)
        assert now.used >= 0
        assert now.period == (birthday(self.month), birthday(self.month + 1))
        assert dict(now.tokens) == {tariff: sum(all) for tariff, all in self.tokens.items()}
        assert {tariff: (window.start, window.count) for tariff, window in now.windows.items()} == self.windows
        assert now.holds.keys() == self.open.keys()
        assert now.answers == self.answers

    @invariant()
    def the_books_survive_a_store(self) -> None:
        for codec in (msgspec.json, msgspec.msgpack):
            assert codec.decode(codec.encode(self.ledger), type=Ledger) == self.ledger


TestAccountLife = AccountLife.TestCase
TestAccountLife.settings = settings(max_examples=examples(150), stateful_step_count=40, deadline=None)


def opened(credits: str = "100", at: float = NOW) -> Ledger:
    return ledger.open_ledger(at, MONTHLY, Decimal(credits))


def bill(price: str, name: str = "a", tokens: int = 10) -> Bill:
    return Bill(name, Decimal(price), tokens)


def test_the_answer_that_crosses_zero_is_given_and_the_next_is_not() -> None:
    books, verdict = ledger.charge(opened("3"), TERMS, bill("2", "a"), NOW)
    assert verdict == ledger.GRANTED
    books, verdict = ledger.charge(books, TERMS, bill("2", "b"), NOW)
    assert verdict == ledger.GRANTED
    assert books.remaining == -1
    refused, verdict = ledger.charge(books, TERMS, bill("0.001", "c"), NOW)
    assert verdict == Denied("insufficient_credits", 31 * DAY)
    assert refused is books


@pytest.mark.parametrize(("tokens", "refused"), [(4_999, False), (5_000, True), (5_001, True)])
def test_a_months_tokens_are_used_when_as_many_were_used_as_there_are(tokens: int, refused: bool) -> None:
    books, _ = ledger.charge(opened(), TERMS, bill("1", tokens=tokens), NOW)
    assert (ledger.assess(books, TERMS, NOW) == Denied("token_limit_exceeded", 31 * DAY)) is refused


def test_money_is_exact_to_the_last_fraction() -> None:
    books = opened("1")
    terms = msgspec.structs.replace(TERMS, requests=None, tokens=None)
    for number in range(10):
        books, _ = ledger.charge(books, terms, bill("0.1", str(number)), NOW)
    assert books.remaining == 0
    assert isinstance(ledger.assess(books, terms, NOW), Denied)


@pytest.mark.parametrize("into", [0.0, 0.25, 0.999, 30.5, 59.0, 59.999])
@pytest.mark.parametrize("start", [NOW, NOW + 0.1, NOW + 0.7, NOW + 0.999_999])
def test_who_waits_exactly_as_long_as_told_is_let_in_and_one_second_less_is_not(start: float, into: float) -> None:
    books = opened()
    for number in range(4):
        books, _ = ledger.charge(books, TERMS, bill("1", str(number)), start)
    found = ledger.assess(books, TERMS, start + into)
    if isinstance(found, Denied):
        assert isinstance(ledger.assess(books, TERMS, start + into + found.wait - 1), Denied)
        assert ledger.assess(books, TERMS, start + into + found.wait) == ledger.GRANTED
    else:
        assert floor(start + into) - floor(start) >= 60


@pytest.mark.parametrize(
    ("start", "renewals"),
    [
        ("2026-01-31T10:00:00", ["2026-02-28T10:00:00", "2026-03-31T10:00:00", "2026-04-30T10:00:00"]),
        ("2027-12-31T00:00:00", ["2028-01-31T00:00:00", "2028-02-29T00:00:00"]),
        ("2026-05-15T23:59:59", ["2026-06-15T23:59:59", "2026-07-15T23:59:59"]),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_last(start: str, renewals: list[str]) -> None:
    def second(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())

    books = ledger.drain(opened(at=second(start)))
    for text in renewals:
        assert ledger.renewed(books, MONTHLY, second(text) - 1) is books
        books = ledger.renewed(books, MONTHLY, second(text))
        assert books.remaining == MONTHLY
        assert books.period[0] == second(text)
        books = ledger.drain(books)


def test_years_without_a_request_are_one_renewal() -> None:
    books = ledger.renewed(ledger.drain(opened()), MONTHLY, NOW + 1000 * DAY)
    assert books.remaining == MONTHLY
    assert books.period[0] <= NOW + 1000 * DAY < books.period[1]


def test_neither_rest_nor_debt_is_carried_over() -> None:
    for books in (ledger.top_up(opened(), Decimal(500)), ledger.charge(opened("1"), TERMS, bill("50"), NOW)[0]):
        assert ledger.renewed(books, MONTHLY, NOW + 31 * DAY).remaining == MONTHLY


def test_a_hold_of_the_last_period_gives_nothing_back_to_this_one() -> None:
    books, _ = ledger.charge(opened(), TERMS, bill("50"), NOW + 31 * DAY - 1)
    books = ledger.renewed(books, MONTHLY, NOW + 31 * DAY)
    assert ledger.settle(books, "a", Decimal(50), 10).remaining == MONTHLY


def test_an_answer_that_was_never_sent_leaves_no_trace() -> None:
    before = opened()
    after, _ = ledger.charge(before, TERMS, bill("50"), NOW)
    back = ledger.void(after, "a")
    assert (back.remaining, back.answers, back.windows["per_hour"].count) == (before.remaining, 0, 0)
    assert ledger.void(back, "a") is back


def test_an_answer_that_was_never_sent_takes_no_place_from_a_later_window() -> None:
    first, _ = ledger.charge(opened(), TERMS, bill("1", "a"), NOW)
    second, _ = ledger.charge(first, TERMS, bill("1", "b"), NOW + TERMS.seconds)
    assert ledger.void(second, "a").windows == second.windows


def test_a_hold_that_nobody_settles_is_forgotten_after_an_hour() -> None:
    books, _ = ledger.charge(opened(), TERMS, bill("1", "lost"), NOW)
    books, _ = ledger.charge(books, TERMS, bill("1", "b"), NOW + ledger.FORGOTTEN)
    assert list(books.holds) == ["b"]
    assert books.remaining == 98


def test_an_unlimited_account_pays_nothing_and_still_has_its_window() -> None:
    terms = msgspec.structs.replace(TERMS, unlimited=True, requests=1)
    books, verdict = ledger.charge(opened("0"), terms, bill("5"), NOW)
    assert books.remaining == 0
    assert verdict == ledger.GRANTED
    assert ledger.assess(books, terms, NOW) == Denied("rate_limit_exceeded", 60)


def test_no_requests_at_all_is_a_limit_too() -> None:
    terms = msgspec.structs.replace(TERMS, requests=0)
    assert ledger.assess(opened(), terms, NOW) == Denied("rate_limit_exceeded", 60)


def test_what_is_drained_and_refunded_is_never_less_than_nothing_used() -> None:
    books, _ = ledger.charge(opened(), TERMS, bill("50"), NOW)
    books = ledger.settle(ledger.drain(books, Decimal(100)), "a", Decimal(50), 10)
    assert books.used == 0
    assert books.remaining == 150
