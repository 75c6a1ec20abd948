"""`mockserver contract proxy`: stands between clients and a gateway, changes nothing, and checks all that passes.

Streams pass piece by piece, as they arrive, and are checked when they have ended. A compressed body is checked
decompressed. If an exchange cannot be checked, the reason is reported. The proxy sends nothing that a client did not
send, so it costs nothing.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Condition, Lock
from typing import TypeAlias

from urllib3.exceptions import HTTPError

from mockserver.contracts.check import Deviation, ExchangeView, Memory
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, Ended, ReceivedResponse, SentRequest
from mockserver.contracts.promises import Promise
from mockserver.contracts.suite import run_checks
from mockserver.gate.client import explain
from mockserver.gate.content_encoding import TooLarge, decode_body
from mockserver.gate.redact import redact_deviation
from mockserver.gate.relay import Outgoing, Upstream
from mockserver.gate.results import RunResults

ReportExchange: TypeAlias = Callable[[CheckedExchange, list[Deviation], str], None]
"""Called with an exchange, its deviations, and why it was not checked (an empty string: it was)."""

LARGEST = 8 * 1024 * 1024
"""Bytes. A longer body passes unchecked."""

PATIENCE = 600.0
"""Seconds between two pieces of an answer. The client decides whether that is too long."""

BROKEN = b'{"error": {"message": "the gateway behind cannot be reached", "type": "api_error", "code": "bad_gateway"}}'


class CheckingProxy:
    """Relays, records and checks. `report` is called for every exchange."""

    def __init__(
        self,
        upstream: str,
        contract: Path,
        report: ReportExchange,
        *,
        documented_only: bool = False,
        short_sse: bool = False,
        verify: bool = True,
        chosen: Callable[[Promise], bool] = lambda promise: True,
    ) -> None:
        self._upstream = Upstream(upstream, timeout=PATIENCE, verify=verify)
        self._document = ContractDocument.open(contract, documented_only=documented_only)
        self._short_sse = short_sse
        self._report = report
        self._memory, self._lock = Memory(), Lock()
        self._passing_now, self._idle = 0, Condition()
        self.results = RunResults(chosen)

    def drain(self, seconds: float) -> None:
        """Wait until all exchanges under way are checked. A client may have its answer earlier."""
        with self._idle:
            self._idle.wait_for(lambda: self._passing_now == 0, seconds)

    def _count(self, change: int) -> None:
        with self._idle:
            self._passing_now += change
            self._idle.notify_all()

    def respond(self, request: SentRequest) -> Outgoing:
        """Pass a request to the gateway, and return its answer."""
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
        next(passing)  # started now, so it is counted down even if nobody reads it
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
        size, trouble, unchecked = 0, "", ""
        ended_as: Ended = "complete"
        try:
            for piece in pieces:
                size += len(piece)
                if size <= LARGEST:
                    kept.append(piece)
                yield piece
        except GeneratorExit:  # the gateway is not to blame for what the client did not read
            unchecked = "the client left"
            raise
        except (HTTPError, OSError) as error:
            ended_as, trouble, out.ending = "cut", explain(error), "cut"
        finally:
            if size > LARGEST:
                unchecked = f"the body is longer than {LARGEST} bytes"
            fields, body, seconds = tuple(out.headers), b"".join(kept), time.monotonic() - start
            response = ReceivedResponse(out.status, fields, body, ended_as, first, seconds, trouble)
            self._check_exchange(request, response, unchecked)

    def _check_exchange(self, request: SentRequest, response: ReceivedResponse, unchecked: str = "") -> None:
        coding = response.header("content-encoding")
        try:
            plain = decode_body(response.body, coding, LARGEST)
        except TooLarge as error:
            plain, unchecked = b"", unchecked or str(error)
        if plain is None:
            unchecked = unchecked or f"its content-encoding is {coding!r}"
        else:
            response = replace(response, body=plain)
        operation = self._document.find(request.method, request.path)
        # Real traffic has real failures, so a 5xx is no broken promise here.
        exchange = CheckedExchange(
            request, response, operation.name if operation else "", time.time(), response.status >= 500
        )
        deviations: list[Deviation] = []
        if unchecked:
            self._report(exchange, deviations, unchecked)
            return
        with self._lock:
            view = ExchangeView(exchange, self._document, operation, self._memory, self._short_sse)
            for outcome in run_checks(view, self.results.entries.__contains__):
                self.results.add(outcome)
                deviations += map(redact_deviation, outcome.deviations)
        self._report(exchange, deviations, "")
