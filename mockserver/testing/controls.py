"""Dials: a test's hand on the clock and on the account of its session."""

from collections.abc import Callable
from decimal import Decimal

from mockserver.accounts import billing, ledger
from mockserver.core.errors import OperatorError
from mockserver.core.units import parse_duration
from mockserver.testing.builder import SessionScript
from mockserver.testing.server_thread import ServerThread

__tracebackhide__ = True
"""A failing test shows its own line, not ours (pytest looks for this name)."""


class GatewayClock:
    """The session's clock. It is virtual unless somebody asked otherwise: it moves only when told."""

    def __init__(self, host: ServerThread, id: str) -> None:
        self._host = host
        self._id = id

    def advance(self, by: str | float) -> None:
        """Move on by `1h`, `90s` or a number of seconds. It can stand in for `time.sleep`."""
        self._host.link.run(self._host.app.advance(self._id, parse_duration(by)))

    async def sleep(self, by: str | float) -> None:
        """The same for async clients: it can stand in for `anyio.sleep`."""
        self.advance(by)

    @property
    def now(self) -> float:
        """The session's time, in seconds since the epoch."""
        return self._host.now(self._id)


class GatewayAccount:
    """The books of the session's account, as its owner and the operator see them."""

    def __init__(self, host: ServerThread, id: str, key: str, stage: SessionScript) -> None:
        self._host = host
        self._id = id
        self._key = key
        self._stage = stage

    def _move(self, move: "Callable[[ledger.Ledger], ledger.Ledger]") -> Decimal:
        holder = self._host.accounts.holder_of_key(self._key, self._stage.script)
        now = self._host.now(self._id)
        found = self._host.update(self._id, billing.movement(holder, now, move))
        if found is None:
            raise OperatorError("this session has no account; say account={'credits': 3} where the gateway is made")
        return found.remaining

    @property
    def credits(self) -> Decimal:
        """What is left."""
        return self._move(lambda books: books)

    def top_up(self, credits: int | str | Decimal) -> Decimal:
        """Buy credits; gives what is left."""
        return self._move(lambda books: ledger.top_up(books, Decimal(credits)))

    def drain(self, left: int | str | Decimal = 0) -> Decimal:
        """Spend all but `left`."""
        return self._move(lambda books: ledger.drain(books, Decimal(left)))
