"""The hub: what the routes of the control API share: the gateway, its desk, its journal as records, its sessions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from mockserver.accounts.session import Session
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.core.clock import Clock, SystemClock
from mockserver.core.errors import MockserverError, OperatorError, did_you_mean
from mockserver.core.rng import token
from mockserver.journal.log import Journal
from mockserver.journal.record import JournalQuery, Record
from mockserver.journal.totals import Totals
from mockserver.openapi.contract import Contract
from mockserver.server.traffic import Traffic

T = TypeVar("T")

MOST_LISTED = 1_000
"""How many sessions a list has at the most."""


class MissingError(MockserverError):
    """What a path names is not there: 404."""


class ConflictError(MockserverError):
    """It cannot be done as things are: 409."""


@contextmanager
def missing() -> Iterator[None]:
    """In this block a name that is not known is one in the path."""
    try:
        yield
    except OperatorError as error:
        raise MissingError(str(error)) from None


def query(words: Mapping[str, object]) -> JournalQuery:
    """What is asked of the journal. Raises `OperatorError` for what cannot be asked, `AuthorError` for mistakes."""
    try:
        return JournalQuery(words)
    except ValueError as error:
        raise OperatorError(str(error)) from None


class ControlContext:
    """Everything that a route needs. `own` is the session of a server that has one client only (`mockserver start`)."""

    def __init__(
        self, desk: RuntimeConfig, tally: Totals, clock: Clock | None = None, *, url: str = "", own: str | None = None
    ) -> None:
        self.desk = desk
        self.app = desk.app
        self.tally = tally
        self.clock = clock if clock is not None else SystemClock()
        self.url = url
        self.own = own
        self.started = token("started", self.clock.now(), id(self), length=12)
        self.is_closing = False
        self.feeds: list[Callable[[], None]] = []

    def close(self) -> None:
        """The server ends: so do the feeds, which would hold it up."""
        self.is_closing = True
        for wake in list(self.feeds):
            wake()

    @property
    def contract(self) -> Contract:
        """The contract that is served."""
        return self.desk.contract

    @property
    def journal(self) -> Journal:
        """What is over."""
        return self.app.journal

    @property
    def traffic(self) -> Traffic:
        """What is on its way."""
        return self.app.traffic

    async def records(self, session: str | None = None, after: int = 0) -> list[Record]:
        """The exchanges that have ended by now, oldest first, numbered as the journal has them."""
        await self.app.settled()
        wanted = session if session is not None else self.own
        return [
            Record(exchange, self.contract)
            for exchange in self.journal
            if exchange.number > after and wanted in (None, exchange.note.session)
        ]

    def last_used(self) -> dict[str, float]:
        """When the last exchange of each session came."""
        return {exchange.note.session: exchange.at for exchange in self.journal}

    def record(self, number: int) -> Record:
        """One exchange. Raises `MissingError`."""
        for exchange in self.journal:
            if exchange.number == number:
                return Record(exchange, self.contract)
        known = "it is forgotten" if 0 < number <= self.journal.entered else f"the last is {self.journal.entered}"
        raise MissingError(f"there is no exchange {number}; {known}")

    async def session(self, id: str) -> Session:
        """A session that there is. Raises `MissingError` with the nearest name."""
        found = await self.app.store.find(id)
        if found is None:
            known = [session.id for session in await self.app.store.every(MOST_LISTED)]
            told = did_you_mean(id, known)
            raise MissingError(f"no session is called '{id}'; {told} (POST /_mock/sessions makes one)")
        return found

    async def change(self, id: str, change: Callable[[Session], Session]) -> Session:
        """Change a session that there is, atomically; gives it as it is then. Raises `MissingError`."""
        await self.session(id)

        def both(session: Session) -> tuple[Session, Session]:
            after = change(session)
            return after, after

        after = await self.app.store.update(id, both)
        self.desk.tell("sessions")
        return after
