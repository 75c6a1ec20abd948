"""The ledger, first by a machine that plays an account's life at random, then case by case."""

from datetime import UTC, datetime
from decimal import Decimal
from math import floor

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockserver import ledger
from mockserver.ledger import Bill, Ledger, Refused, Terms

NOW = 1_767_225_600.0
DAY = 86_400
MONTHLY = Decimal(100)
TERMS = Terms(tariff="per_hour", requests=4, seconds=60, tokens=5_000, monthly=MONTHLY)

amounts = st.decimals(min_value=0, max_value=60, places=3)
moments = st.one_of(
    st.integers(0, 130).map(float),
    st.floats(0, 3, allow_nan=False),
    st.integers(0, 40 * DAY).map(float),
)


class AccountLife(RuleBasedStateMachine):
    """What the ledger says, compared with books kept in the plainest way: lists that are summed up each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.ledger = ledger.open_ledger(self.now, MONTHLY)
        self.period = self.ledger.period
        self.movements: list[Decimal] = [MONTHLY]
        self.tokens: list[int] = []
        self.window: list[int] = []
        self.open: dict[str, tuple[Decimal, int, tuple[int, int]]] = {}
        self.names = 0

    def _renew(self) -> None:
        if floor(self.now) >= self.period[1]:
            self.movements, self.tokens = [MONTHLY], []
            self.period = ledger.renewed(self.ledger, MONTHLY, self.now).period

    @rule(seconds=moments)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(price=amounts, tokens=st.integers(0, 3_000))
    def an_answer_is_asked_for(self, price: Decimal, tokens: int) -> None:
        self._renew()
        second, before = floor(self.now), sum(self.movements)
        if self.window and second >= self.window[0] + TERMS.seconds:
            self.window = []
        self.names += 1
        after, verdict = ledger.charge(self.ledger, TERMS, Bill(str(self.names), price, tokens), self.now)
        expected = None
        if before <= 0:
            expected = "insufficient_credits"
        elif sum(self.tokens) >= 5_000:
            expected = "token_limit_exceeded"
        elif len(self.window) >= 4:
            expected = "rate_limit_exceeded"
        assert (verdict.reason if isinstance(verdict, Refused) else None) == expected
        if isinstance(verdict, Refused):
            assert after is self.ledger
            self._wait_is_true(verdict)
            return
        self.ledger = after
        self.movements.append(-price)
        self.tokens.append(tokens)
        self.window.append(second)
        self.open[str(self.names)] = (price, tokens, self.period)
        assert after.remaining > -price, "the answer that crosses zero is the last one"

    def _wait_is_true(self, refused: Refused) -> None:
        assert refused.wait >= 1
        early = ledger.verdict(self.ledger, TERMS, self.now + refused.wait - 1)
        assert early == Refused(refused.reason, 1)
        then = ledger.verdict(self.ledger, TERMS, self.now + refused.wait)
        assert not isinstance(then, Refused) or then.reason != refused.reason

    @precondition(lambda self: self.open)
    @rule(share=st.integers(0, 100), data=st.data())
    def an_answer_is_settled(self, share: int, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        price, tokens, period = self.open.pop(name)
        refund, back = price * share / 100, tokens * share // 100
        if name not in self.ledger.holds:  # forgotten: an hour went by
            assert ledger.settle(self.ledger, name, refund, back) is self.ledger
            return
        self.ledger = ledger.settle(self.ledger, name, refund, back)
        assert ledger.settle(self.ledger, name, refund, back) is self.ledger, "a second time changes nothing"
        if period == self.period:
            self.movements.append(refund)
            self.tokens.append(-back)

    @rule(credits=amounts)
    def credits_are_bought(self, credits: Decimal) -> None:
        self._renew()
        self.ledger = ledger.top_up(ledger.renewed(self.ledger, MONTHLY, self.now), credits)
        self.movements.append(credits)

    @rule(left=amounts)
    def the_balance_is_drained(self, left: Decimal) -> None:
        self._renew()
        self.ledger = ledger.drain(ledger.renewed(self.ledger, MONTHLY, self.now), left)
        self.movements = [left]

    @invariant()
    def every_movement_is_in_the_books(self) -> None:
        self._renew()
        now = ledger.renewed(self.ledger, MONTHLY, self.now)
        assert now.remaining == sum(self.movements)
        assert now.period[0] <= floor(self.now) < now.period[1]
        assert now.used >= 0

    @invariant()
    def the_books_survive_a_store(self) -> None:
        for codec in (msgspec.json, msgspec.msgpack):
            assert codec.decode(codec.encode(self.ledger), type=Ledger) == self.ledger


TestAccountLife = AccountLife.TestCase
TestAccountLife.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


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
    assert verdict == Refused("insufficient_credits", 31 * DAY)
    assert refused is books


def test_money_is_exact_to_the_last_fraction() -> None:
    books = opened("1")
    terms = msgspec.structs.replace(TERMS, requests=None, tokens=None)
    for number in range(10):
        books, _ = ledger.charge(books, terms, bill("0.1", str(number)), NOW)
    assert books.remaining == 0
    assert isinstance(ledger.verdict(books, terms, NOW), Refused)


@pytest.mark.parametrize("into", [0.0, 0.25, 0.999, 30.5, 59.0, 59.999])
@pytest.mark.parametrize("start", [NOW, NOW + 0.1, NOW + 0.7, NOW + 0.999_999])
def test_who_waits_exactly_as_long_as_told_is_let_in_and_one_second_less_is_not(start: float, into: float) -> None:
    books = opened()
    for number in range(4):
        books, _ = ledger.charge(books, TERMS, bill("1", str(number)), start)
    found = ledger.verdict(books, TERMS, start + into)
    if isinstance(found, Refused):
        assert isinstance(ledger.verdict(books, TERMS, start + into + found.wait - 1), Refused)
        assert ledger.verdict(books, TERMS, start + into + found.wait) == ledger.GRANTED
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
    assert ledger.verdict(books, terms, NOW) == Refused("rate_limit_exceeded", 60)


def test_no_requests_at_all_is_a_limit_too() -> None:
    terms = msgspec.structs.replace(TERMS, requests=0)
    assert ledger.verdict(opened(), terms, NOW) == Refused("rate_limit_exceeded", 60)


def test_what_is_drained_and_refunded_is_never_less_than_nothing_used() -> None:
    books, _ = ledger.charge(opened(), TERMS, bill("50"), NOW)
    books = ledger.settle(ledger.drain(books, Decimal(100)), "a", Decimal(50), 10)
    assert books.used == 0
    assert books.remaining == 150
