"""The ledger: what an account has, what it used, and whether it may have the next answer. A pure value.

    charge(ledger, terms, bill, now) -> (ledger, assessment)   charge an answer, if the account may have it
    settle(ledger, hold, refund...)  -> ledger                 refund what was not delivered
    top_up, drain                                              change the balance as the operator wants

Rules:

- Credits are exact decimals, never rounded. The answer that crosses zero is served; the next one is not.
- **Charged at the start, settled at the end.** The whole price leaves the balance in the same atomic step that decides
  the answer, as a *hold*; settling ends the hold and refunds what was not delivered. So a hundred credits pay for a
  hundred answers, however many requests race for them, in one process or in several. Settling a hold again changes
  nothing, so a server that does not know whether the store made the change can make it again.
- A refusal changes nothing: neither credits, nor windows, nor counters.
- A window opens with its first request and is `seconds` long; a full one is refused with the exact remaining wait.
- A period is a month that starts at the account's first request and ends on the same day of the next month (or on its
  last day). Then the plan's credits are granted again; neither credits left nor debt are carried over.

Theory: time is counted here in whole seconds; the current second is `floor(now)`. Since `floor(now + k)` is
`floor(now) + k` for whole `k`, a wait in whole seconds is exact: a client that waits this long is served, one that
comes a second earlier is not. Nothing is rounded up "to be safe".
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import floor
from typing import Literal, TypeAlias

import msgspec

ZERO = Decimal(0)
FORGOTTEN = 3_600
"""Seconds after which an unsettled hold counts as delivered: its server has died."""


class RateWindow(msgspec.Struct, frozen=True):
    """The number of answers since `start`, in seconds since the epoch."""

    start: int
    count: int


class Reservation(msgspec.Struct, frozen=True):
    """What was charged for an answer that is still being delivered."""

    credits: Decimal
    tokens: int
    tariff: str
    at: int


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one account.

    `anchor` is the second of its first request; `period` holds the first second of its current month and of the next.
    `granted` and `used` are credits of this period, `tokens` its tokens by tariff. `answers` counts all answers ever.
    """

    anchor: int
    period: tuple[int, int]
    granted: Decimal
    used: Decimal = ZERO
    tokens: Mapping[str, int] = {}
    windows: Mapping[str, RateWindow] = {}
    holds: Mapping[str, Reservation] = {}
    answers: int = 0

    @property
    def remaining(self) -> Decimal:
        """The credits left; negative after an answer that crossed zero."""
        return self.granted - self.used


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may do on a route: the figures of its plan, or its own.

    `requests` in every `seconds`, and `tokens` a month; None means no limit. `monthly` is what a renewal grants.
    """

    tariff: str
    requests: int | None = None
    seconds: int = 3_600
    tokens: int | None = None
    monthly: Decimal = ZERO
    unlimited: bool = False


class Bill(msgspec.Struct, frozen=True):
    """The price of one answer. `hold` is the name under which it is settled."""

    hold: str
    credits: Decimal
    tokens: int


Reason: TypeAlias = Literal["insufficient_credits", "rate_limit_exceeded", "token_limit_exceeded"]


class Denied(msgspec.Struct, frozen=True):
    """The account may not have the answer: why, and the whole seconds until it may."""

    reason: Reason
    wait: int


class Granted(msgspec.Struct, frozen=True):
    """The account may have the answer."""


Assessment: TypeAlias = Granted | Denied
GRANTED = Granted()


def month_after(anchor: int, months: int) -> int:
    """Return the same time of day this many months later, on the last day of a month that is too short."""
    start = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def open_ledger(now: float, monthly: Decimal, left: Decimal | None = None) -> Ledger:
    """Return the ledger of an account at its first request, with `left` of this month's credits or all of them."""
    anchor = floor(now)
    granted = monthly if left is None else max(monthly, left)
    used = ZERO if left is None else granted - left
    return Ledger(anchor=anchor, period=(anchor, month_after(anchor, 1)), granted=granted, used=used)


def renewed(ledger: Ledger, monthly: Decimal, now: float) -> Ledger:
    """Return the ledger in the period of `now`. Windows and holds go on; a hold stays charged to its own period."""
    second = floor(now)
    if second < ledger.period[1]:
        return ledger
    start, today = datetime.fromtimestamp(ledger.anchor, UTC), datetime.fromtimestamp(second, UTC)
    months = (today.year - start.year) * 12 + today.month - start.month
    if month_after(ledger.anchor, months) > second:
        months -= 1
    period = month_after(ledger.anchor, months), month_after(ledger.anchor, months + 1)
    return msgspec.structs.replace(ledger, period=period, granted=monthly, used=ZERO, tokens={})


def assess(ledger: Ledger, terms: Terms, now: float) -> Assessment:
    """Return whether the account may have one more answer. The balance comes first, since no short wait fills it."""
    ledger, second = renewed(ledger, terms.monthly, now), floor(now)
    if not terms.unlimited and ledger.remaining <= 0:
        return Denied("insufficient_credits", ledger.period[1] - second)
    if terms.tokens is not None and ledger.tokens.get(terms.tariff, 0) >= terms.tokens:
        return Denied("token_limit_exceeded", ledger.period[1] - second)
    window = ledger.windows.get(terms.tariff)
    if terms.requests is None:
        return GRANTED
    if window is None or second >= window.start + terms.seconds:
        return GRANTED if terms.requests else Denied("rate_limit_exceeded", terms.seconds)
    if window.count >= terms.requests:
        return Denied("rate_limit_exceeded", window.start + terms.seconds - second)
    return GRANTED


def charge(ledger: Ledger, terms: Terms, bill: Bill, now: float) -> tuple[Ledger, Assessment]:
    """Return the ledger after it was charged for an answer; unchanged if the account may not have it."""
    denied = assess(ledger, terms, now)
    if isinstance(denied, Denied):
        return ledger, denied
    return book(renewed(ledger, terms.monthly, now), terms, bill, now), GRANTED


def book(ledger: Ledger, terms: Terms, bill: Bill, now: float) -> Ledger:
    """Return a ledger in its present period after it was charged for an answer that `assess` has granted."""
    second, window = floor(now), ledger.windows.get(terms.tariff)
    if window is None or second >= window.start + terms.seconds:
        window = RateWindow(second, 0)
    credits = ZERO if terms.unlimited else bill.credits
    holds = {name: hold for name, hold in ledger.holds.items() if hold.at > second - FORGOTTEN}
    holds[bill.hold] = Reservation(credits, bill.tokens, terms.tariff, second)
    return msgspec.structs.replace(
        ledger,
        used=ledger.used + credits,
        tokens={**ledger.tokens, terms.tariff: ledger.tokens.get(terms.tariff, 0) + bill.tokens},
        windows={**ledger.windows, terms.tariff: RateWindow(window.start, window.count + 1)},
        holds=holds,
        answers=ledger.answers + 1,
    )


def settle(ledger: Ledger, hold: str, credits: Decimal, tokens: int) -> Ledger:
    """Return the ledger without a hold, with this much refunded; the same object if there is no such hold."""
    held = ledger.holds.get(hold)
    if held is None:
        return ledger
    holds = {name: other for name, other in ledger.holds.items() if name != hold}
    if held.at < ledger.period[0] or not (credits or tokens):
        return msgspec.structs.replace(ledger, holds=holds)
    kept = max(0, ledger.tokens.get(held.tariff, 0) - min(tokens, held.tokens))
    return msgspec.structs.replace(
        _used(ledger, ledger.used - min(credits, held.credits)),
        tokens={**ledger.tokens, held.tariff: kept},
        holds=holds,
    )


def _used(ledger: Ledger, used: Decimal) -> Ledger:
    """Return the ledger with this much used. A negative amount becomes credits granted."""
    return msgspec.structs.replace(ledger, granted=ledger.granted - min(used, ZERO), used=max(used, ZERO))


def void(ledger: Ledger, hold: str) -> Ledger:
    """Return the ledger without an answer that was never sent: no charge, no place in the window."""
    held = ledger.holds.get(hold)
    if held is None:
        return ledger
    window = ledger.windows.get(held.tariff)
    after = settle(ledger, hold, held.credits, held.tokens)
    windows = dict(after.windows)
    if window is not None and window.start <= held.at:
        windows[held.tariff] = RateWindow(window.start, max(0, window.count - 1))
    return msgspec.structs.replace(after, windows=windows, answers=after.answers - 1)


def top_up(ledger: Ledger, credits: Decimal) -> Ledger:
    """Return the ledger with more credits. Like all others they end with the period."""
    return msgspec.structs.replace(ledger, granted=ledger.granted + credits)


def drain(ledger: Ledger, left: Decimal = ZERO) -> Ledger:
    """Return the ledger with all but `left` spent."""
    return _used(ledger, ledger.granted - left)
