"""`mockserver contract proxy`: stands between clients and a gateway, changes nothing, and judges all that passes.

Streams go through piece by piece, as they come, and are judged when they have ended; other proxies collect them first,
or judge them as text. A body that was compressed is judged unfolded. Every exchange goes past the judges of the suite;
one that cannot be judged is told with the reason. Nothing is sent that a client did not send, so the proxy costs
nothing.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Condition, Lock

from urllib3.exceptions import HTTPError

from mockserver.contracts.check import Deviation, ExchangeView, Memory
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, Ended, ReceivedResponse, SentRequest
from mockserver.contracts.promises import Promise
from mockserver.contracts.suite import run_checks
from mockserver.gate.client import explain
from mockserver.gate.content_encoding import undone
from mockserver.gate.redact import hidden
from mockserver.gate.relay import Outgoing, Upstream
from mockserver.gate.results import RunResults

Tell = Callable[[CheckedExchange, list[Deviation], str], None]
"""Hears of an exchange, of what is wrong with it, and why it was not judged (nothing: it was)."""

LARGEST = 8 * 1024 * 1024
"""A body that is longer goes through unjudged."""

PATIENCE = 600.0
"""Seconds between two pieces of an answer: whether that is too long is the client's affair."""

BROKEN = b'{"error": {"message": "the gateway behind cannot be reached", "type": "api_error", "code": "bad_gateway"}}'


class CheckingProxy:
    """Relays, records and judges. `tell` hears of every exchange and of what is wrong with it."""

    def __init__(
        self,
        upstream: str,
        contract: Path,
        tell: Tell,
        *,
        documented_only: bool = False,
        short_sse: bool = False,
        verify: bool = True,
        chosen: Callable[[Promise], bool] = lambda promise: True,
    ) -> None:
        self._upstream = Upstream(upstream, timeout=PATIENCE, verify=verify)
        self._document = ContractDocument.open(contract, documented_only=documented_only)
        self._short_sse = short_sse
        self._tell = tell
        self._memory, self._lock = Memory(), Lock()
        self._passing_now, self._idle = 0, Condition()
        self.ledger = RunResults(chosen)

    def drain(self, seconds: float) -> None:
        """Wait until what is under way has been judged; a client may have its answer before that."""
        with self._idle:
            self._idle.wait_for(lambda: self._passing_now == 0, seconds)

    def _count(self, change: int) -> None:
        with self._idle:
            self._passing_now += change
            self._idle.notify_all()

    def respond(self, asked: SentRequest) -> Outgoing:
        """Pass a request on, and its answer back."""
        self._count(+1)
        start = time.monotonic()
        try:
            status, headers, pieces = self._upstream.open(asked)
        except (HTTPError, OSError) as error:
            answer = ReceivedResponse(0, ended="none", seconds=time.monotonic() - start, trouble=explain(error))
            self._see(asked, answer)
            self._count(-1)
            fields = [("content-type", "application/json"), ("content-length", str(len(BROKEN)))]
            return Outgoing(502, fields, [BROKEN])
        first = time.monotonic() - start
        out = Outgoing(status, headers, ())
        passing = self._counted(self._passing(out, asked, pieces, start, first))
        next(passing)  # it is under way from here on, so it is counted off even if nobody reads it
        out.pieces = passing
        return out

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield b""
            yield from pieces
        finally:
            self._count(-1)

    def _passing(
        self, out: Outgoing, asked: SentRequest, pieces: Iterator[bytes], start: float, first: float
    ) -> Iterator[bytes]:
        kept: list[bytes] = []
        size, trouble, unjudged = 0, "", ""
        ended_as: Ended = "complete"
        try:
            for piece in pieces:
                size += len(piece)
                if size <= LARGEST:
                    kept.append(piece)
                yield piece
        except GeneratorExit:  # what it did not read is not the gateway's fault
            unjudged = "the client left"
            raise
        except (HTTPError, OSError) as error:
            ended_as, trouble, out.ending = "cut", explain(error), "cut"
        finally:
            if size > LARGEST:
                unjudged = f"the body is longer than {LARGEST} bytes"
            fields, seconds = tuple(out.headers), time.monotonic() - start
            self._see(
                asked, ReceivedResponse(out.status, fields, b"".join(kept), ended_as, first, seconds, trouble), unjudged
            )

    def _see(self, asked: SentRequest, answer: ReceivedResponse, unjudged: str = "") -> None:
        coding = answer.header("content-encoding")
        plain = undone(answer.body, coding)
        if plain is None:
            unjudged = unjudged or f"its content-encoding is {coding!r}"
        else:
            answer = replace(answer, body=plain)
        operation = self._document.find(asked.method, asked.path)
        # Real traffic has real failures: a 5xx is told by its status, not as a broken promise.
        exchange = CheckedExchange(
            asked, answer, operation.name if operation else "", time.time(), answer.status >= 500
        )
        found: list[Deviation] = []
        if unjudged:
            self._tell(exchange, found, unjudged)
            return
        with self._lock:
            sight = ExchangeView(exchange, self._document, operation, self._memory, self._short_sse)
            for name, findings in run_checks(sight, self.ledger.entries.__contains__):
                self.ledger.examined(name, findings)
                found += map(hidden, findings)
        self._tell(exchange, found, "")
