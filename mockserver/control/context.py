"""The state that the routes of the control API share: the gateway, its configuration, journal and sessions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeVar, cast

from mockserver.accounts.session import Session
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.control.worker import Worker
from mockserver.core.clock import Clock, SystemClock
from mockserver.core.errors import MockserverError, OperatorError, did_you_mean
from mockserver.core.rng import token
from mockserver.journal.facts import FactStore
from mockserver.journal.log import Exchange, Journal
from mockserver.journal.record import JournalQuery, Record
from mockserver.openapi.contract import Contract
from mockserver.server.traffic import Traffic

T = TypeVar("T")

MOST_LISTED = 1_000
"""The maximum length of a list of sessions."""
MOST_MADE = 10_000
"""The maximum number of sessions, made over this API, whose beginning is known."""
MOST_READS = 1_000
"""Reads of the journal that may wait, such as verifications that wait for the next exchange."""


class MissingError(MockserverError):
    """Something that a request names does not exist: 404."""


class ConflictError(MockserverError):
    """The current state does not allow a request: 409."""


class JournalPart(NamedTuple):
    """Some exchanges of the journal, oldest first, and how many it had entered and dropped at that moment."""

    records: list[Record]
    entered: int
    forgotten: int


@contextmanager
def missing_as_404() -> Iterator[None]:
    """Turn an `OperatorError` of the block into a `MissingError`: the unknown name comes from the path."""
    try:
        yield
    except OperatorError as error:
        raise MissingError(str(error)) from None


def journal_query(when: Mapping[str, object]) -> JournalQuery:
    """Return the query for a `when`.

    Raise `OperatorError` for keys that a journal cannot search, `AuthorError` for mistakes.
    """
    try:
        return JournalQuery(when)
    except ValueError as error:
        raise OperatorError(str(error)) from None


class ControlContext:
    """Everything that a route needs. `default_session` is that of a server with one client (`mockserver start`)."""

    def __init__(
        self,
        config: RuntimeConfig,
        clock: Clock | None = None,
        *,
        url: str = "",
        default_session: str | None = None,
    ) -> None:
        self.config = config
        self.app = config.app
        self.clock = clock if clock is not None else SystemClock()
        self.url = url
        self.default_session = default_session
        self.started = token("started", self.clock.now(), id(self), length=12)
        self.is_closing = False
        self.reader = Worker("mock-files")
        """Reads and tries out texts of scenarios and profiles."""
        self.journal_reader = Worker("mock-journal", MOST_READS)
        """Reads the journal for verdicts, verifications and lists."""
        self._facts = FactStore()
        self.feeds: list[Callable[[], None]] = []
        self._parts: dict[Callable[[ControlContext], object], object] = {}
        self.made: dict[str, int] = {}
        """The sessions made over this API, and how many exchanges the journal had entered before each."""

    def close(self) -> None:
        """Drop slow work that waits, and end the feeds, which would keep the server from stopping."""
        self.is_closing = True
        self.reader.close()
        self.journal_reader.close()
        for wake in list(self.feeds):
            wake()

    def part(self, make: Callable[["ControlContext"], T]) -> T:
        """Return what a module of routes keeps of this server: made of the context when it is first asked for."""
        if make not in self._parts:
            self._parts[make] = make(self)
        return cast(T, self._parts[make])

    @property
    def contract(self) -> Contract:
        """The contract that the gateway serves."""
        return self.config.contract

    @property
    def journal(self) -> Journal:
        """The exchanges that have ended."""
        return self.app.journal

    @property
    def traffic(self) -> Traffic:
        """The answers in progress."""
        return self.app.traffic

    async def read(self, job: Callable[[JournalPart], T], session: str | None = None, after: int = 0) -> T:
        """Return what a job makes of the exchanges that have ended with numbers above `after`; of one session if given.

        Without a session it is the default one, where the server has one.
        """
        return await self._read(job, session if session is not None else self.default_session, after)

    async def read_all(self, job: Callable[[JournalPart], T], after: int = 0) -> T:
        """Do what `read` does for the exchanges of every session."""
        return await self._read(job, None, after)

    async def _read(self, job: Callable[[JournalPart], T], wanted: str | None, after: int) -> T:
        """Run the job beside the event loop: thousands of exchanges take longer than an answer may wait."""
        await self.app.settled()
        entries, entered, forgotten = self.journal.entries(), self.journal.entered, self.journal.forgotten

        def run() -> T:
            records = [
                self.record_of(entry.read())
                for entry in entries
                if entry.number > after and wanted in (None, entry.session)
            ]
            return job(JournalPart(records, entered, forgotten))

        return await self.journal_reader.run(run)

    def record_of(self, exchange: Exchange) -> Record:
        """Return the record of an exchange. What was once worked out of the exchange is known to it."""
        self._facts.forget(self.journal.forgotten)
        return Record(exchange, self.contract, facts=self._facts.of(exchange.number))

    def last_used(self) -> dict[str, float]:
        """Return the time of each session's last exchange."""
        return {entry.session: entry.at for entry in self.journal.entries()}

    def record(self, number: int) -> Record:
        """Return one exchange. Raise `MissingError` if the journal does not hold it."""
        for entry in self.journal.entries():
            if entry.number == number:
                return self.record_of(entry.read())
        reason = (
            "the journal has dropped it"
            if 0 < number <= self.journal.entered
            else f"the last is {self.journal.entered}"
        )
        raise MissingError(f"there is no exchange {number}; {reason}")

    async def session(self, id: str) -> Session:
        """Return a session. Raise `MissingError` with the nearest name if there is none."""
        session = await self.app.store.find(id)
        if session is None:
            known = [other.id for other in await self.app.store.sessions(MOST_LISTED)]
            hint = did_you_mean(id, known)
            raise MissingError(f"no session is called '{id}'; {hint} (POST /_mock/sessions creates one)")
        return session

    def remember_made(self, id: str) -> None:
        """Remember that a session was made now, over this API; forget the oldest beyond `MOST_MADE`."""
        self.made[id] = self.journal.entered
        if len(self.made) > MOST_MADE:
            del self.made[next(iter(self.made))]

    async def change(self, id: str, change: Callable[[Session], Session]) -> Session:
        """Change a session atomically and return it. Raise `MissingError` if there is none."""
        await self.session(id)

        def both(session: Session) -> tuple[Session, Session]:
            after = change(session)
            return after, after

        after = await self.app.store.update(id, both)
        self.config.notify("sessions")
        return after
