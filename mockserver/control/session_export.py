"""Export and import of a session as one document, between servers of the same version.

An import must export to exactly the same document again, which reveals unknown keys and malformed numbers. The import
validates everything, so that no later request fails because of it.
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
from mockserver.engine.overrides import ANSWERS, MOST_QUEUED
from mockserver.files.fragments import check_faults, check_fragment, check_turn
from mockserver.scenarios.schema import Pace

FORMAT = f"{__version__}.{SESSION_FORMAT}"
"""The form of an export: it can be imported into a server of the same version."""

LATEST = 32_503_680_000
"""The latest valid time: the year 3000."""
SLOWEST, FASTEST = 0.001, 1_000
RICHEST = Decimal(10) ** 15


class _InvalidExport(Exception):
    """A part of an export is invalid."""


def to_document(session: Session) -> requests.Export:
    """Return a session as one document."""
    return requests.Export(format=FORMAT, session=orjson.loads(msgspec.json.encode(session)))


def from_document(document: requests.Export, context: ControlContext) -> Session:
    """Return the session of an export. Raise `OperatorError` or `AuthorError` if this server cannot use it."""
    if document.format != FORMAT:
        raise OperatorError(f"the export is from version {document.format:.40}; this server is {FORMAT}")
    try:
        session = msgspec.json.decode(orjson.dumps(document.session), type=Session)
        if to_document(session) != document:
            raise _InvalidExport("unknown or missing keys")
        requests.NewSession(name=session.id, seed=session.seed)
        _check(session, context.clock.now())
        _check_overrides(session.overrides, context)
    except (msgspec.ValidationError, orjson.JSONDecodeError, _InvalidExport) as error:
        raise OperatorError(f"not a valid session export: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise OperatorError(f"not a valid session export: {first['loc'][0]}: {first['msg']}") from None
    if session.chaos is not None:
        context.config.check_profile(session.chaos.profile)
    return session


def _check(session: Session, host: float) -> None:
    """Raise `_InvalidExport` for times, amounts and counts out of range; `host` is the host's time."""
    moments = [*_moments(session), *[moment for ledger in session.ledgers.values() for moment in _moments_of(ledger)]]
    if any(not abs(moment) <= LATEST for moment in moments) or not _is_speed(session.clock.speed):
        raise _InvalidExport("timestamp out of range")
    if not 0 <= session.clock.at(host) <= LATEST:
        raise _InvalidExport("clock out of range")
    amounts = [amount for ledger in session.ledgers.values() for amount in _amounts(ledger)]
    if any(not amount.is_finite() or abs(amount) > RICHEST for amount in amounts):
        raise _InvalidExport("invalid amount")
    counts = [session.requests, *[progress.used_up for progress in session.progress.values()]]
    if any(count < 0 for count in counts):
        raise _InvalidExport("negative count")


def _is_speed(speed: float) -> bool:
    """Return whether a clock may run at this speed; an almost stopped clock would delay every answer for ever."""
    return speed == 0.0 or SLOWEST <= speed <= FASTEST


def _moments(session: Session) -> Iterator[float]:
    yield from (session.clock.origin, session.clock.anchor, session.began or 0.0, *session.revoked.values())
    if session.chaos is not None:
        yield session.chaos.began


def _moments_of(ledger: Ledger) -> Iterator[float]:
    yield from (ledger.anchor, *ledger.period)
    yield from [window.start for window in ledger.windows.values()]
    yield from [hold.at for hold in ledger.holds.values()]


def _amounts(ledger: Ledger) -> Iterator[Decimal]:
    yield from (ledger.granted, ledger.used)
    yield from [hold.credits for hold in ledger.holds.values()]


def _check_overrides(overrides: Overrides, context: ControlContext) -> None:
    """Raise unless the session's settings and queue are valid on this server."""
    context.config.check_scenario(overrides.scenario)
    if overrides.pace is not None:
        check_fragment(Pace, _mapping(overrides.pace), "pace")
    if overrides.account is not None:
        check_fragment(Account, _mapping(overrides.account), "account")
    if len(overrides.queued) > MOST_QUEUED:
        raise _InvalidExport(f"more than {MOST_QUEUED} queued answers")
    for queued in overrides.queued:
        if queued.times is not None and queued.times < 1:
            raise _InvalidExport("a queued answer must apply to at least one request")
        words = _mapping(queued.words)
        if not words.get("faults") and not any(name in words for name in ANSWERS):
            raise _InvalidExport("a queued entry has neither an answer nor faults")
        check = check_turn if any(name in words for name in ANSWERS) else check_faults
        check(words, context.contract)


def _mapping(text: str) -> dict[str, object]:
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise _InvalidExport("expected a mapping")
    return value
