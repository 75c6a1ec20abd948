"""Billing: where a request, its account and the ledger meet. Pure, like all that the engine calls.

The stages of a request that is metered (a conversation, on any route but BYOK, by a holder with an account):

    admit      before the body is read: 402 when nothing is left, 429 with the true wait when a window is full
    book       when the answer is known: its price leaves the balance as a hold (see `ledger`)
    settle     when the player is done: what was not delivered comes back
    void       when the answer was never sent: everything comes back, the place in the window too

Rules: errors and refused requests cost nothing and take no place in a window. A whole answer that began costs all; a
stream costs its input and the share of its deltas that the client was sent, rounded up to whole tokens.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec
import orjson

from mockserver.accounts import ledger as books
from mockserver.accounts.identify import Holder
from mockserver.accounts.ledger import ZERO, Bill, Denied, Ledger, Terms
from mockserver.accounts.model_access import matches
from mockserver.accounts.plans import MONTHLY_CREDITS, TARIFFS, tariff_of
from mockserver.accounts.schema import Account, Prices
from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End
from mockserver.core.conversation import JsonObject, Usage
from mockserver.core.errors import Refusal
from mockserver.openapi.operation import Operation
from mockserver.wires import DELTAS
from mockserver.wires.errors import error_object, failure
from mockserver.wires.wire import Wire

THOUSAND = Decimal(1_000)


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """What one metered request is held to: whose books, under which terms, at what time."""

    books: str
    account: Account
    terms: Terms
    now: float
    hold: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for an answer, and how it is shared out over what is delivered."""

    books: str
    hold: str
    rate: Decimal
    paid: Decimal
    input: int
    output: int
    deltas: int
    refunds: bool


def monthly_of(account: Account) -> Decimal:
    """The credits that a renewal grants."""
    return MONTHLY_CREDITS[account.plan]


def terms_of(account: Account, operation: Operation) -> Terms | None:
    """What an account may do on an operation, or None where nothing is metered."""
    tariff = tariff_of(operation.name) if operation.is_conversation else None
    if tariff is None:
        return None
    limits, own = TARIFFS[tariff][account.plan], account.limits
    return Terms(
        tariff=tariff,
        requests=limits.requests if own.requests is None else own.requests,
        seconds=limits.seconds if own.per is None else int(own.per),
        tokens=limits.tokens if own.tokens is None else own.tokens,
        monthly=monthly_of(account),
        unlimited=account.unlimited,
    )


def ledger_of(session: Session, name: str, account: Account, now: float) -> Ledger:
    """The books of an account as they are now; opened if this is its first request."""
    monthly = monthly_of(account)
    found = session.ledgers.get(name)
    return books.open_ledger(now, monthly, account.credits) if found is None else books.renewed(found, monthly, now)


def movement(
    holder: Holder, now: float, move: Callable[[Ledger], Ledger]
) -> Callable[[Session], tuple[Session, Ledger | None]]:
    """A movement of the operator's (`ledger.top_up`, `ledger.drain`), as a change for `Store.update`.

    It gives the ledger afterwards, or None for a holder who has no account and so no balance.
    """

    def change(session: Session) -> tuple[Session, Ledger | None]:
        if holder.account is None:
            return session, None
        ledger = move(ledger_of(session, holder.books, holder.account, now))
        return session.with_ledger(holder.books, ledger), ledger

    return change


def admit(session: Session, holder: Holder, operation: Operation, now: float, ticket: str = "") -> Meter | None:
    """What the request is held to, or None where nothing is metered. Raises `Refusal` 402 or 429.

    `ticket` names the hold. It must be unique among all requests where a store can lose an answer (see `void`).
    """
    account = holder.account
    terms = terms_of(account, operation) if account is not None else None
    if account is None or terms is None:
        return None
    ledger = ledger_of(session, holder.books, account, now)
    verdict = books.verdict(ledger, terms, now)
    if isinstance(verdict, Denied):
        raise _refusal(verdict, ledger, terms, account)
    hold = ticket or str(session.requests)
    return Meter(books=holder.books, account=account, terms=terms, now=now, hold=hold)


def _refusal(verdict: Denied, ledger: Ledger, terms: Terms, account: Account) -> Refusal:
    if verdict.reason == "insufficient_credits":
        left = f"{plain(ledger.remaining)} left of {plain(ledger.granted)} on the {account.plan} plan"
        return Refusal(402, verdict.reason, f"Insufficient credits: {left}. Top up or upgrade your plan.")
    if verdict.reason == "token_limit_exceeded":
        limit = f"{terms.tokens} tokens a month"
    else:
        limit = f"{terms.requests} requests every {terms.seconds} seconds"
    return Refusal(
        429,
        verdict.reason,
        f"Rate limit exceeded: {limit} on the {account.plan} plan. Retry after {verdict.wait} seconds.",
        headers=(("retry-after", str(verdict.wait)),),
    )


def rate_of(prices: Prices, account: Account, model: str) -> Decimal:
    """The price of one token: the account's own for this model, else the model's, else the plan's, else the default."""
    for table in (account.prices, prices.models):
        for glob, price in table.items():
            if matches(model, glob):
                return price / THOUSAND
    return prices.plans.get(account.plan, prices.default) / THOUSAND


def credit_fields(session: Session, meter: Meter, rate: Decimal, usage: Usage) -> JsonObject:
    """The fields that managed answers have of an answer that is about to be booked."""
    ledger = ledger_of(session, meter.books, meter.account, meter.now)
    price = ZERO if meter.terms.unlimited else rate * usage.total
    return {
        "credits_consumed": number(price),
        "credits_remaining": None if meter.terms.unlimited else number(ledger.remaining - price),
        "plan_tier": meter.account.plan,
    }


def charge(
    session: Session, meter: Meter, rate: Decimal, usage: Usage, actions: Actions, wire: Wire
) -> tuple[Session, Actions, Receipt]:
    """Pay for an answer before it is sent: the session, the answer (cut, if so agreed), and the receipt."""
    ledger = ledger_of(session, meter.books, meter.account, meter.now)
    deltas = sum([isinstance(action, Data) and action.event in DELTAS for action in actions])
    price, output = (ZERO if meter.terms.unlimited else rate * usage.total), usage.output
    if meter.account.overdraft == "cut" and deltas and price > ledger.remaining:
        kept = _affordable(ledger.remaining, rate, usage, deltas)
        actions = _cut(actions, kept, wire)
        price, output, deltas = ledger.remaining, -(-usage.output * kept // deltas), kept
    after, verdict = books.charge(ledger, meter.terms, Bill(meter.hold, price, usage.input + output), meter.now)
    assert not isinstance(verdict, Denied), "the request was admitted in this very step"
    receipt = Receipt(
        books=meter.books,
        hold=meter.hold,
        rate=rate,
        paid=price,
        input=usage.input,
        output=output,
        deltas=deltas,
        refunds=meter.account.charge == "delivered",
    )
    return session.with_ledger(meter.books, after), actions, receipt


def _affordable(remaining: Decimal, rate: Decimal, usage: Usage, deltas: int) -> int:
    """How many deltas of a stream the balance pays for."""
    output = max(0, int(remaining / rate) - usage.input)
    return min(deltas, output * deltas // max(1, usage.output))


def _cut(actions: Actions, kept: int, wire: Wire) -> Actions:
    """Return the stream up to this many deltas, with the documented error at its end."""
    error = failure(402)
    shown = wire.errors.event({"error": error_object(error, wire.errors.type_of(error))})
    seen, before = 0, []
    for action in actions:
        if isinstance(action, Data) and action.event in DELTAS:
            seen += 1
            if seen > kept:
                break
        before.append(action)
    return (*before, shown, End())


def settle(session: Session, receipt: Receipt, actions: Actions, frames: int, complete: bool) -> Session:
    """The session after so many frames of an answer were delivered. A second time changes nothing."""
    ledger = session.ledgers.get(receipt.books)
    if ledger is None:
        return session
    input, output = receipt.input, receipt.output
    if receipt.refunds:
        input, output = delivered(receipt, actions, frames, complete)
    tokens = receipt.input + receipt.output - input - output
    credits = receipt.paid if input == output == 0 else min(receipt.paid, receipt.rate * tokens)
    after = books.settle(ledger, receipt.hold, credits, tokens)
    return session if after is ledger else session.with_ledger(receipt.books, after)


def void(session: Session, hold: str) -> Session:
    """The session without an answer that was never sent, if it was booked at all."""
    for name, ledger in session.ledgers.items():
        if hold in ledger.holds:
            return session.with_ledger(name, books.void(ledger, hold))
    return session


def delivered(receipt: Receipt, actions: Actions, frames: int, complete: bool) -> tuple[int, int]:
    """The tokens, in and out, that so many frames of an answer have delivered.

    A fault may have put bytes in the place of frames: an answer that ended properly without one delta was delivered.
    """
    sent = [action for action in actions if isinstance(action, Data)][:frames]
    deltas = sum([data.event in DELTAS for data in sent])
    if complete and isinstance(actions[-1], End) and not deltas:
        return receipt.input, receipt.output
    if not frames:
        return 0, 0
    if not receipt.deltas or deltas >= receipt.deltas:
        return receipt.input, receipt.output
    return receipt.input, -(-receipt.output * deltas // receipt.deltas)


def plain(amount: Decimal) -> str:
    """A decimal as people write it: no exponent, no zeros at the end."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def number(amount: Decimal) -> orjson.Fragment:
    """A decimal as a JSON number, exact to the last digit."""
    return orjson.Fragment(plain(amount))
