"""`mockserver contract proxy`: stands between clients and a gateway, changes nothing, and judges all that passes.

Streams go through piece by piece, as they come, and are judged when they have ended; other proxies collect them first,
or judge them as text. Every exchange goes past the judges of the suite. Nothing is sent that a client did not send, so
the proxy costs nothing.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Lock

from urllib3.exceptions import HTTPError

from contracts.document import Document
from contracts.exchange import Answer, Asked, Ended, Exchange
from contracts.judging import Finding, Memory, Sight, judge
from contracts.promises import Promise
from mockserver.gate.client import explain
from mockserver.gate.ledger import Ledger
from mockserver.gate.relay import Outgoing, Upstream

Tell = Callable[[Exchange, list[Finding]], None]
LARGEST = 8 * 1024 * 1024
"""A body that is longer goes through unjudged."""

BROKEN = b'{"error": {"message": "the gateway behind cannot be reached", "type": "api_error", "code": "bad_gateway"}}'


class Watcher:
    """Relays, records and judges. `tell` hears of every exchange and of what is wrong with it."""

    def __init__(
        self,
        upstream: str,
        contract: Path,
        tell: Tell,
        *,
        documented_only: bool = False,
        short_sse: bool = False,
        chosen: Callable[[Promise], bool] = lambda promise: True,
    ) -> None:
        self._upstream = Upstream(upstream)
        self._document = Document.open(contract, documented_only=documented_only)
        self._short_sse = short_sse
        self._tell = tell
        self._memory, self._lock = Memory(), Lock()
        self._passing_now, self._idle = 0, Condition()
        self.ledger = Ledger(chosen)

    def drain(self, seconds: float) -> None:
        """Wait until what is under way has been judged; a client may have its answer before that."""
        with self._idle:
            self._idle.wait_for(lambda: self._passing_now == 0, seconds)

    def _count(self, change: int) -> None:
        with self._idle:
            self._passing_now += change
            self._idle.notify_all()

    def respond(self, asked: Asked) -> Outgoing:
        """Pass a request on, and its answer back."""
        self._count(+1)
        start = time.monotonic()
        try:
            status, headers, pieces = self._upstream.open(asked)
        except (HTTPError, OSError) as error:
            answer = Answer(0, ended="none", seconds=time.monotonic() - start, trouble=explain(error))
            self._see(asked, answer)
            self._count(-1)
            fields = [("content-type", "application/json"), ("content-length", str(len(BROKEN)))]
            return Outgoing(502, fields, [BROKEN])
        first = time.monotonic() - start
        out = Outgoing(status, headers, ())
        out.pieces = self._counted(self._passing(out, asked, pieces, start, first))
        return out

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from pieces
        finally:
            self._count(-1)

    def _passing(
        self, out: Outgoing, asked: Asked, pieces: Iterator[bytes], start: float, first: float
    ) -> Iterator[bytes]:
        kept: list[bytes] = []
        size, trouble = 0, ""
        ended_as: Ended = "complete"
        try:
            for piece in pieces:
                size += len(piece)
                if size <= LARGEST:
                    kept.append(piece)
                yield piece
        except GeneratorExit:  # the client left: what it did not read is not the gateway's fault
            return
        except (HTTPError, OSError) as error:
            ended_as, trouble, out.ending = "cut", explain(error), "cut"
        if size <= LARGEST:
            fields = tuple(out.headers)
            self._see(
                asked, Answer(out.status, fields, b"".join(kept), ended_as, first, time.monotonic() - start, trouble)
            )

    def _see(self, asked: Asked, answer: Answer) -> None:
        operation = self._document.find(asked.method, asked.path)
        # Real traffic has real failures: a 5xx is told by its status, not as a broken promise.
        exchange = Exchange(asked, answer, operation.name if operation else "", time.time(), answer.status >= 500)
        found: list[Finding] = []
        with self._lock:
            sight = Sight(exchange, self._document, operation, self._memory, self._short_sse)
            for name, findings in judge(sight, self.ledger.entries.__contains__):
                self.ledger.examined(name, findings)
                found += findings
        self._tell(exchange, found)
