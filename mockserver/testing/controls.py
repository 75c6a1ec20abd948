"""Controls of a test: the clock and the account of its session."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from mockserver.accounts import billing, ledger
from mockserver.accounts.session import start_clock
from mockserver.core.errors import OperatorError
from mockserver.core.units import parse_duration
from mockserver.testing.arguments import checked
from mockserver.testing.builder import SessionScript
from mockserver.testing.server_thread import ServerThread

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""


class GatewayClock:
    """The session's clock. Unless the gateway was started with `clock="real"`, it moves only by `advance` and waits."""

    def __init__(self, server: ServerThread, id: str) -> None:
        self._server = server
        self._id = id

    @checked('gateway.clock.advance("1h")')
    def advance(self, by: str | float) -> None:
        """Advance the clock by `1h`, `90s` or a number of seconds. You can patch `time.sleep` with it."""
        self._server.runner.run(self._server.app.advance(self._id, parse_duration(by)))

    def use_real_time(self) -> None:
        """Let the session's clock run as the host's does from now on: the mock's waits take the time that they say."""
        real = start_clock(self._server.clock.now(), virtual=False)
        self._server.update(self._id, lambda session: (msgspec.structs.replace(session, clock=real), None))

    async def sleep(self, by: str | float) -> None:
        """Advance the clock, for async clients. You can patch `anyio.sleep` with it."""
        self.advance(by)

    @property
    def now(self) -> float:
        """The session's time, in seconds since the epoch."""
        return self._server.now(self._id)


class GatewayAccount:
    """The balance of the session's account, with credits to buy and to spend."""

    def __init__(self, server: ServerThread, id: str, key: str, script: SessionScript) -> None:
        self._server = server
        self._id = id
        self._key = key
        self._script = script

    def _move(self, move: "Callable[[ledger.Ledger], ledger.Ledger]") -> Decimal:
        """Change the balance and return what is left. Raises `OperatorError` if the session has no account."""
        holder = self._server.accounts.holder_of_key(self._key, self._script.script)
        now = self._server.now(self._id)
        balance = self._server.update(self._id, billing.movement(holder, now, move))
        if balance is None:
            raise OperatorError(
                'this session has no account; add @pytest.mark.gateway(account={"credits": 3}), pass '
                'account={"credits": 3} to mockserver.start, or write `account: {credits: 3}` into the scenario'
            )
        return balance.remaining

    @property
    def credits(self) -> Decimal:
        """The remaining credits."""
        return self._move(lambda books: books)

    @checked("gateway.account.top_up(3)")
    def top_up(self, credits: int | str | Decimal) -> Decimal:
        """Add credits; return the new balance."""
        return self._move(lambda books: ledger.top_up(books, Decimal(credits)))

    @checked("gateway.account.drain(left=0)")
    def drain(self, left: int | str | Decimal = 0) -> Decimal:
        """Spend all but `left` credits; return the new balance."""
        return self._move(lambda books: ledger.drain(books, Decimal(left)))
