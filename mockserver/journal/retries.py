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
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

import orjson

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
    if is_login(record.path):
        return str(record.number).encode()
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
    host = after.received_at - before.ended_at
    return max(host, after.at - before.at - before.exchange.outcome.seconds)


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
    calls: list[list[Record]] = []
    one_client = all(before.ended_at <= after.received_at for before, after in pairwise(same))
    for place, record in enumerate(same):
        ended = [call for call in reversed(calls) if call[-1].ended_at <= record.received_at]
        if record.retry:
            call = next((call for call in ended if (call[-1].retry or 0) == record.retry - 1), None)
        elif one_client:
            call = next((call for call in ended if _was_abandoned(call[-1], same[place + 1 :])), None)
            if call is not None and not _is_next_try(call[-1], record, successes):
                call = None
        else:
            call = None
        if call is None:
            calls.append([record])
        else:
            call.append(record)
    return calls


def _is_next_try(before: Record, after: Record, successes: Sequence[tuple[float, int]]) -> bool:
    """Return whether a request is near the last try, and no other conversation was answered in between."""
    first = bisect_right(successes, arrival(before))
    return is_near(before, after) and (first == len(successes) or successes[first] >= arrival(after))


def _was_abandoned(last: Record, later: Sequence[Record]) -> bool:
    """Return whether a try failed and the SDK that made it did not retry."""
    return failed(last) and (last.retry is None or all(record.retry != last.retry + 1 for record in later))
