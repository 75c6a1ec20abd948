"""Retries: which requests are tries of one logical call, and how long the client waited between them.

Rules:

- Tries of one call have the same session, path and conversation. Two equal requests alone prove nothing: two workers
  may ask the same.
- An official SDK says which retry a request is (`x-stainless-retry-count`): number n continues the call whose last
  try was n - 1.
- A request that says 0, or has no such header, may be a retry that the application makes itself, perhaps around an SDK
  that does not retry. It continues a call with the same conversation whose last try failed and is near in time, unless
  a retry of the SDK did so, or another conversation was answered in between: then a person has sent it again.
- Logins are never grouped: their bodies are not kept, so all of them look alike.
- A request that comes before the last try has ended belongs to another call. Where that has happened, several clients
  ask the same, and a retry without a header cannot be told from somebody else's first try: it counts as a first try.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from heapq import heappop, heappush
from itertools import pairwise

import orjson

from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record
from mockserver.journal.redact import is_login

PERMANENT = frozenset({400, 401, 402, 403, 404, 405, 413, 422})
"""Statuses of requests that get the same answer again. 408, 409 and 5xx may be retried, and the official SDKs do."""

NEAR = 60.0
"""Seconds between two tries beyond the requested wait; later, somebody asks anew. SDKs back off for 8 s at most."""

_CALL_FIELDS = ("model", "system", "messages", "tools")
"""The fields of a body that all tries of one call share."""


def call_fingerprint(record: Record) -> bytes:
    """Return a hash of what all tries of one call have in common."""
    return str(record.number).encode() if is_login(record.path) else _fingerprint(record)


@once_per_exchange
def _fingerprint(record: Record) -> bytes:
    body = record.json
    content: object = record.body.decode("latin-1")
    if isinstance(body, dict):
        content = [body.get(name) for name in _CALL_FIELDS]
    return blake2b(orjson.dumps([record.session, record.path, content]), digest_size=16).digest()


def failed(record: Record) -> bool:
    """Return whether the client had a reason to try again: an error, or an answer that broke off."""
    return record.status >= 400 or record.ended in ("closed", "reset", "client_left", "server_stopped")


def requested_wait(record: Record) -> float | None:
    """Return the seconds that an answer asks the client to wait, or None. Milliseconds win, as they do in the SDKs."""
    headers = record.response_headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if name in headers:
            try:
                seconds = float(headers[name]) / unit
            except ValueError:
                return None
            return seconds if 0 < seconds < float("inf") else None
    return None


def wait_between(before: Record, after: Record) -> float:
    """Return the seconds between two tries, by the host's clock or the session's, whichever is longer.

    A test that replaces `time.sleep` advances the session's clock instead.
    """
    host = after.received_at - _earliest_end(before)
    return max(host, after.at - before.at - before.exchange.outcome.seconds)


def _earliest_end(record: Record) -> float:
    """Return the earliest moment at which the client can have had a complete answer, by the host's clock.

    The journal notes the end after the last write: on a busy machine the client may have been waiting for a while.
    """
    outcome = record.exchange.outcome
    if outcome.ended != "complete" or not outcome.writes:
        return record.ended_at
    held = sum([seconds for _, seconds in outcome.holds]) if record.exchange.captured.virtual else 0.0
    return min(record.ended_at, record.received_at + outcome.writes[-1][2] + held)


def arrival(record: Record) -> tuple[float, int]:
    """Return the sort key for the order in which requests came."""
    return record.received_at, record.number


def is_near(before: Record, after: Record) -> bool:
    """Return whether a request came soon enough after another to be a program's next try, by its own wait or ours."""
    return wait_between(before, after) <= (requested_wait(before) or 0.0) + NEAR


def group_tries(records: Sequence[Record]) -> list[list[Record]]:
    """Return the logical calls in the order in which they began, each as its tries in order."""
    alike: dict[bytes, list[Record]] = {}
    in_order = sorted(records, key=arrival)
    for record in in_order:
        alike.setdefault(call_fingerprint(record), []).append(record)
    successes = [arrival(record) for record in in_order if _is_success(record)]
    calls = [call for same in alike.values() for call in _calls(same, successes)]
    return sorted(calls, key=lambda call: arrival(call[0]))


def _is_success(record: Record) -> bool:
    """Return whether a conversation was answered."""
    return record.status < 400 and record.ended == "complete" and record.usage is not None


def _calls(same: Sequence[Record], successes: Sequence[tuple[float, int]]) -> list[list[Record]]:
    """Return the logical calls among requests that are alike and sorted by time."""
    known = _KnownCalls(same)
    one_client = all(before.ended_at <= after.received_at for before, after in pairwise(same))
    for record in same:
        known.advance(record)
        if record.retry:
            call = known.with_last_retry(record.retry - 1)
        elif one_client:
            call = known.abandoned()
            if call is not None and not _is_next_try(call[-1], record, successes):
                call = None
        else:
            call = None
        known.add(record, call)
    return known.calls


class _KnownCalls:
    """The calls so far among requests that are alike, found by their last try; of several, the one begun last.

    Each list of candidates has places in `calls`, with the number of tries that the call had: a candidate whose call
    has gone on since is passed over. Every request enters a few heaps once, so thousands of requests that are alike
    cost no more than as many different ones.
    """

    def __init__(self, same: Sequence[Record]) -> None:
        self.calls: list[list[Record]] = []
        self._places: dict[int, int] = {}
        self._to_come = Counter([record.retry for record in same])
        self._running: list[tuple[float, int, int]] = []
        """Calls whose last try had not ended when the latest request came, by the time at which it does."""
        self._ended: dict[int, list[tuple[int, int]]] = {}
        """Calls whose last try has ended, by the number of that retry."""
        self._abandoned: list[tuple[int, int]] = []
        """Calls whose last try failed, and that no retry of an SDK will continue."""
        self._awaiting: dict[int, list[tuple[int, int]]] = {}
        """Calls whose last try failed, by the number of the retry that may still continue them."""

    def advance(self, record: Record) -> None:
        """Move on to the time at which a request came."""
        self._to_come[record.retry] -= 1
        if record.retry is not None and not self._to_come[record.retry]:
            for candidate in self._awaiting.pop(record.retry, ()):
                heappush(self._abandoned, candidate)
        while self._running and self._running[0][0] <= record.received_at:
            _, place, tries = heappop(self._running)
            last = self.calls[place][-1]
            candidate = (-place, tries)
            heappush(self._ended.setdefault(last.retry or 0, []), candidate)
            if not failed(last):
                continue
            if last.retry is not None and self._to_come[last.retry + 1]:
                self._awaiting.setdefault(last.retry + 1, []).append(candidate)
            else:
                heappush(self._abandoned, candidate)

    def with_last_retry(self, retry: int) -> list[Record] | None:
        """Return the call whose last try was retry number `retry` (0: the first try), or None."""
        return self._latest(self._ended.get(retry, []))

    def abandoned(self) -> list[Record] | None:
        """Return the call whose last try failed without a retry by the SDK that made it, or None."""
        return self._latest(self._abandoned)

    def add(self, record: Record, call: list[Record] | None) -> None:
        """Add a try to a call, or begin a call with it."""
        if call is None:
            place = len(self.calls)
            self.calls.append([record])
        else:
            place = self._places[id(call)]
            call.append(record)
        self._places[id(self.calls[place])] = place
        heappush(self._running, (record.ended_at, place, len(self.calls[place])))

    def _latest(self, candidates: list[tuple[int, int]]) -> list[Record] | None:
        while candidates:
            place, tries = candidates[0]
            call = self.calls[-place]
            if len(call) == tries:
                return call
            heappop(candidates)
        return None


def _is_next_try(before: Record, after: Record, successes: Sequence[tuple[float, int]]) -> bool:
    """Return whether a request is near the last try, and no other conversation was answered in between."""
    first = bisect_right(successes, arrival(before))
    return is_near(before, after) and (first == len(successes) or successes[first] >= arrival(after))
