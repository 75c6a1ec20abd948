"""Carrying: a session as one document, and back, into this server or another of the same version.

What was exported is what an import gives again, to the letter: that tells unknown keys, and numbers that are none. All
of it is checked when it comes in, or a later request would fail of it.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import orjson
from pydantic import ValidationError

from mockserver import __version__
from mockserver.accounts.ledger import Ledger
from mockserver.accounts.schema import Account
from mockserver.accounts.session import FORMAT as SESSION_FORMAT
from mockserver.accounts.session import Overrides, Session
from mockserver.control import requests
from mockserver.control.context import ControlContext
from mockserver.core.errors import OperatorError
from mockserver.engine.overrides import ANSWERS, MOST_WAITING
from mockserver.files.fragments import check_faults, check_fragment, check_turn
from mockserver.scenarios.schema import Pace

FORMAT = f"{__version__}.{SESSION_FORMAT}"
"""The form of an export: it can be imported into a server of the same version."""

LATEST = 32_503_680_000
"""The year 3000: no clock is further."""
SLOWEST, FASTEST = 0.001, 1_000
RICHEST = Decimal(10) ** 15


class _Nonsense(Exception):
    """Something in an export means nothing."""


def exported(session: Session) -> requests.Export:
    """A session as one document."""
    return requests.Export(format=FORMAT, session=orjson.loads(msgspec.json.encode(session)))


def imported(said: requests.Export, hub: ControlContext) -> Session:
    """The session of an export. Raises `OperatorError` or `AuthorError` for what this server can make no sense of."""
    if said.format != FORMAT:
        raise OperatorError(f"this export is of version {said.format:.40}, and this server is {FORMAT}")
    try:
        session = msgspec.json.decode(orjson.dumps(said.session), type=Session)
        if exported(session) != said:
            raise _Nonsense("it has keys that are unknown, or lacks some")
        requests.NewSession(name=session.id, seed=session.seed)
        _check(session, hub.clock.now())
        _check_steering(session.steering, hub)
    except (msgspec.ValidationError, orjson.JSONDecodeError, _Nonsense) as error:
        raise OperatorError(f"this is no export of a session: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise OperatorError(f"this is no export of a session: {first['loc'][0]}: {first['msg']}") from None
    if session.chaos is not None:
        hub.desk.check_profile(session.chaos.profile)
    return session


def _check(session: Session, host: float) -> None:
    """Raises for times and amounts that are out of this world; `host` is the host's time."""
    moments = [*_moments(session), *[moment for books in session.ledgers.values() for moment in _moments_of(books)]]
    if any(not abs(moment) <= LATEST for moment in moments) or not _is_speed(session.clock.speed):
        raise _Nonsense("a time in it is out of this world")
    if not 0 <= session.clock.at(host) <= LATEST:
        raise _Nonsense("its clock is out of this world")
    amounts = [amount for books in session.ledgers.values() for amount in _amounts(books)]
    if any(not amount.is_finite() or abs(amount) > RICHEST for amount in amounts):
        raise _Nonsense("an amount in it is none")
    counts = [session.requests, *[progress.used_up for progress in session.progress.values()]]
    if any(count < 0 for count in counts):
        raise _Nonsense("a number in it is below zero")


def _is_speed(speed: float) -> bool:
    """Whether a clock can run so fast; one that hardly moves would hold every answer up."""
    return speed == 0.0 or SLOWEST <= speed <= FASTEST


def _moments(session: Session) -> Iterator[float]:
    yield from (session.clock.origin, session.clock.anchor, session.began or 0.0, *session.revoked.values())
    if session.chaos is not None:
        yield session.chaos.began


def _moments_of(books: Ledger) -> Iterator[float]:
    yield from (books.anchor, *books.period)
    yield from [window.start for window in books.windows.values()]
    yield from [hold.at for hold in books.holds.values()]


def _amounts(books: Ledger) -> Iterator[Decimal]:
    yield from (books.granted, books.used)
    yield from [hold.credits for hold in books.holds.values()]


def _check_steering(steering: Overrides, hub: ControlContext) -> None:
    """What was chosen must mean something here."""
    hub.desk.check_scenario(steering.scenario)
    if steering.pace is not None:
        check_fragment(Pace, _mapping(steering.pace), "pace")
    if steering.account is not None:
        check_fragment(Account, _mapping(steering.account), "account")
    if len(steering.waiting) > MOST_WAITING:
        raise _Nonsense(f"at most {MOST_WAITING} wait for a session")
    for waiting in steering.waiting:
        if waiting.times is not None and waiting.times < 1:
            raise _Nonsense("what waits, waits for at least one request")
        words = _mapping(waiting.words)
        if not words.get("faults") and not any(name in words for name in ANSWERS):
            raise _Nonsense("what waits has neither an answer nor faults")
        check = check_turn if any(name in words for name in ANSWERS) else check_faults
        check(words, hub.contract)


def _mapping(text: str) -> dict[str, object]:
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise _Nonsense("words in it are no mapping")
    return found
