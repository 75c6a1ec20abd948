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
from mockserver.gate.content_encoding import decode_body
from mockserver.gate.redact import redact_deviation
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
        self.results = RunResults(chosen)

    def drain(self, seconds: float) -> None:
        """Wait until what is under way has been judged; a client may have its answer before that."""
        with self._idle:
            self._idle.wait_for(lambda: self._passing_now == 0, seconds)

    def _count(self, change: int) -> None:
        with self._idle:
            self._passing_now += change
            self._idle.notify_all()

    def respond(self, request: SentRequest) -> Outgoing:
        """Pass a request on, and its answer back."""
        self._count(+1)
        start = time.monotonic()
        try:
            status, headers, pieces = self._upstream.open(request)
        except (HTTPError, OSError) as error:
            response = ReceivedResponse(0, ended="none", seconds=time.monotonic() - start, trouble=explain(error))
            self._check_exchange(request, response)
            self._count(-1)
            fields = [("content-type", "application/json"), ("content-length", str(len(BROKEN)))]
            return Outgoing(502, fields, [BROKEN])
        first = time.monotonic() - start
        out = Outgoing(status, headers, ())
        passing = self._counted(self._passing(out, request, pieces, start, first))
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
        self, out: Outgoing, request: SentRequest, pieces: Iterator[bytes], start: float, first: float
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
            fields, body, seconds = tuple(out.headers), b"".join(kept), time.monotonic() - start
            response = ReceivedResponse(out.status, fields, body, ended_as, first, seconds, trouble)
            self._check_exchange(request, response, unjudged)

    def _check_exchange(self, request: SentRequest, response: ReceivedResponse, unjudged: str = "") -> None:
        coding = response.header("content-encoding")
        plain = decode_body(response.body, coding)
        if plain is None:
            unjudged = unjudged or f"its content-encoding is {coding!r}"
        else:
            response = replace(response, body=plain)
        operation = self._document.find(request.method, request.path)
        # Real traffic has real failures: a 5xx is told by its status, not as a broken promise.
        exchange = CheckedExchange(
            request, response, operation.name if operation else "", time.time(), response.status >= 500
        )
        found: list[Deviation] = []
        if unjudged:
            self._tell(exchange, found, unjudged)
            return
        with self._lock:
            view = ExchangeView(exchange, self._document, operation, self._memory, self._short_sse)
            for name, findings in run_checks(view, self.results.entries.__contains__):
                self.results.examined(name, findings)
                found += map(redact_deviation, findings)
        self._tell(exchange, found, "")
