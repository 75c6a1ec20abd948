"""Billing: what a request may cost, and what its answer costs. Pure, like all that the engine calls.

The stages of a metered request (a conversation, on any route but BYOK, by a holder with an account):

    admit      before the body is read: 402 if no credits are left, 429 with the exact wait if a window is full
    charge     when the answer is known: its price leaves the balance as a hold (see `ledger`)
    settle     when the player is done: refund what was not delivered
    void       when the answer was never sent: refund everything, the place in the window included

Rules: errors and refused requests cost nothing and take no place in a window. A whole answer that has begun costs its
full price; a stream costs its input and the share of its deltas that was sent, rounded up to whole tokens.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import orjson

from mockserver.accounts import ledger as ledgers
from mockserver.accounts.identify import Holder
from mockserver.accounts.ledger import ZERO, Bill, Denied, Ledger, Terms
from mockserver.accounts.plans import MONTHLY_CREDITS, TARIFFS, tariff_of
from mockserver.accounts.prices import Rate
from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End
from mockserver.core.conversation import JsonObject, Usage
from mockserver.core.errors import Refusal
from mockserver.openapi.operation import Operation
from mockserver.wires import DELTAS
from mockserver.wires.errors import error_object, failure
from mockserver.wires.wire import Wire

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """The account that pays for a request, its ledger then, its terms, the time, and the name of the hold."""

    ledger_name: str
    ledger: Ledger
    account: "Account"
    terms: Terms
    now: float
    hold: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was charged for an answer: `rate` credits an output token, `paid` in all, for these tokens and deltas."""

    ledger_name: str
    hold: str
    rate: Decimal
    paid: Decimal
    input: int
    output: int
    deltas: int
    refunds: bool


def monthly_of(account: "Account") -> Decimal:
    """Return the credits that a renewal grants."""
    return MONTHLY_CREDITS[account.plan]


def terms_of(account: "Account", operation: Operation) -> Terms | None:
    """Return what an account may do on an operation, or None where nothing is metered."""
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


def ledger_of(session: Session, name: str, account: "Account", now: float) -> Ledger:
    """Return the ledger of an account as of now; a new one if this is its first request."""
    monthly = monthly_of(account)
    ledger = session.ledgers.get(name)
    return (
        ledgers.open_ledger(now, monthly, account.credits) if ledger is None else ledgers.renewed(ledger, monthly, now)
    )


def movement(
    holder: Holder, now: float, move: Callable[[Ledger], Ledger]
) -> Callable[[Session], tuple[Session, Ledger | None]]:
    """Return an operator's change of the balance (`ledger.top_up`, `ledger.drain`) as a change for `Store.update`.

    Its result is the ledger afterwards, or None for a holder without an account, who has no balance.
    """

    def change(session: Session) -> tuple[Session, Ledger | None]:
        if holder.account is None:
            return session, None
        ledger = move(ledger_of(session, holder.ledger_name, holder.account, now))
        return session.with_ledger(holder.ledger_name, ledger), ledger

    return change


def admit(session: Session, holder: Holder, operation: Operation, now: float, ticket: str = "") -> Meter | None:
    """Return the meter of a request, or None where nothing is metered. Raises `Refusal` 402 or 429.

    `ticket` names the hold. Where a store can lose an answer it must be unique among all requests (see `void`).
    """
    account = holder.account
    terms = terms_of(account, operation) if account is not None else None
    if account is None or terms is None:
        return None
    return admit_to(session, holder.ledger_name, account, terms, now, ticket or str(session.requests))


def admit_to(session: Session, name: str, account: "Account", terms: Terms, now: float, hold: str) -> Meter:
    """Return the meter of a request that an account makes on these terms. Raises `Refusal` 402 or 429."""
    ledger = ledger_of(session, name, account, now)
    assessment = ledgers.assess(ledger, terms, now)
    if isinstance(assessment, Denied):
        raise _refusal(assessment, ledger, terms, account)
    return Meter(ledger_name=name, ledger=ledger, account=account, terms=terms, now=now, hold=hold)


def _refusal(denied: Denied, ledger: Ledger, terms: Terms, account: "Account") -> Refusal:
    if denied.reason == "insufficient_credits":
        left = f"{plain(ledger.remaining)} left of {plain(ledger.granted)} on the {account.plan} plan"
        return Refusal(402, denied.reason, f"Insufficient credits: {left}. Top up or upgrade your plan.")
    if denied.reason == "token_limit_exceeded":
        limit = f"{terms.tokens} tokens a month"
    else:
        limit = f"{terms.requests} requests every {terms.seconds} seconds"
    return Refusal(
        429,
        denied.reason,
        f"Rate limit exceeded: {limit} on the {account.plan} plan. Retry after {denied.wait} seconds.",
        headers=(("retry-after", str(denied.wait)),),
    )


def credit_fields(meter: Meter, rate: Rate, usage: Usage) -> JsonObject:
    """Return the fields of a managed answer that say what it costs and leaves, before it is charged."""
    ledger = meter.ledger
    price = ZERO if meter.terms.unlimited else rate.price(usage)
    return {
        "credits_consumed": number(price),
        "credits_remaining": None if meter.terms.unlimited else number(ledger.remaining - price),
        "plan_tier": meter.account.plan,
    }


def charge(
    session: Session, meter: Meter, rate: Rate, usage: Usage, actions: Actions, wire: Wire
) -> tuple[Session, Actions, Receipt]:
    """Return the session charged for an answer, the answer (cut for an account with `overdraft: cut`), its receipt."""
    ledger = meter.ledger
    deltas = sum([isinstance(action, Data) and action.event in DELTAS for action in actions])
    price, output = (ZERO if meter.terms.unlimited else rate.price(usage)), usage.output
    if meter.account.overdraft == "cut" and deltas and price > ledger.remaining:
        kept = _affordable(ledger.remaining, rate, usage, deltas)
        actions = _cut(actions, kept, wire)
        price, output, deltas = ledger.remaining, -(-usage.output * kept // deltas), kept
    after = ledgers.book(ledger, meter.terms, Bill(meter.hold, price, usage.input + output), meter.now)
    receipt = Receipt(
        ledger_name=meter.ledger_name,
        hold=meter.hold,
        rate=rate.token,
        paid=price,
        input=usage.input,
        output=output,
        deltas=deltas,
        refunds=meter.account.charge == "delivered",
    )
    return session.with_ledger(meter.ledger_name, after), actions, receipt


def _affordable(remaining: Decimal, rate: Rate, usage: Usage, deltas: int) -> int:
    """Return the number of a stream's deltas that the balance pays for: fewer than all of them."""
    output = max(0, int((remaining - rate.prompt(usage)) / rate.token)) if rate.token else 0
    return min(deltas - 1, output * deltas // max(1, usage.output))


def _cut(actions: Actions, kept: int, wire: Wire) -> Actions:
    """Return the stream up to this many deltas, with the documented error at its end."""
    error = failure(402)
    shown = wire.errors.event({"error": error_object(error, wire.errors.type_of(error))})
    places = [place for place, action in enumerate(actions) if isinstance(action, Data) and action.event in DELTAS]
    return (*actions[: places[kept]], shown, End())


def settle(session: Session, receipt: Receipt, actions: Actions, frames: int, complete: bool) -> Session:
    """Return the session after this many frames of an answer were delivered. A second time changes nothing."""
    ledger = session.ledgers.get(receipt.ledger_name)
    if ledger is None:
        return session
    input, output = receipt.input, receipt.output
    if receipt.refunds:
        input, output = delivered(receipt, actions, frames, complete)
    tokens = receipt.input + receipt.output - input - output
    credits = receipt.paid if input == output == 0 else min(receipt.paid, receipt.rate * tokens)
    after = ledgers.settle(ledger, receipt.hold, credits, tokens)
    return session if after is ledger else session.with_ledger(receipt.ledger_name, after)


def settle_whole(session: Session, receipt: Receipt) -> Session:
    """Return the session after a whole answer was delivered, for which nothing is refunded."""
    ledger = session.ledgers[receipt.ledger_name]
    return session.with_ledger(receipt.ledger_name, ledgers.settle(ledger, receipt.hold, ZERO, 0))


def void(session: Session, hold: str) -> Session:
    """Return the session without the charge of an answer that was never sent; unchanged if there was none."""
    for name, ledger in session.ledgers.items():
        if hold in ledger.holds:
            return session.with_ledger(name, ledgers.void(ledger, hold))
    return session


def delivered(receipt: Receipt, actions: Actions, frames: int, complete: bool) -> tuple[int, int]:
    """Return the input and output tokens that this many frames of an answer have delivered.

    A fault may have replaced frames by other bytes: an answer that ends properly without any delta counts as delivered.
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
    """Return a decimal as people write it: no exponent, no trailing zeros."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def number(amount: Decimal) -> orjson.Fragment:
    """Return a decimal as a JSON number, exact to the last digit."""
    return orjson.Fragment(plain(amount))
