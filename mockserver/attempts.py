"""Attempts: which requests are tries of one logical call.

Rules:

- Tries of one call are alike in session, path and conversation; two equal bodies alone prove nothing, since two workers
  may well ask the same.
- An official SDK says which retry a request is (`x-stainless-retry-count`): number n continues the call whose last
  try was n - 1, and 0 begins a new one.
- Who does not say so retries only what has failed: the same conversation again, after the last try had ended badly.
- Who comes before the last try has ended is another call.
"""

from collections.abc import Sequence
from hashlib import blake2b

import orjson

from mockserver.records import Record

_SAID = ("model", "system", "messages", "tools")


def likeness(record: Record) -> bytes:
    """What tries of one call have in common."""
    body = record.json
    said: object = [body.get(name) for name in _SAID] if isinstance(body, dict) else record.body.decode("latin-1")
    return blake2b(orjson.dumps([record.session, record.path, said]), digest_size=16).digest()


def failed(record: Record) -> bool:
    """Whether the client had a reason to try again: an error, or an answer that broke off."""
    return record.status >= 400 or record.ended in ("closed", "reset", "client_left", "server_stopped")


def arrived(record: Record) -> float:
    """When it came, by the host's time."""
    return record.exchange.captured.arrived


def left(record: Record) -> float:
    """When its answer had ended, by the host's time."""
    return record.exchange.captured.left


def waited(before: Record, after: Record) -> float:
    """How long the client waited between two tries: by the host's time or the session's, whichever is longer.

    A test that does not sleep advances the session's clock in its place.
    """
    host = arrived(after) - left(before)
    return max(host, after.at - before.at - before.exchange.outcome.seconds)


def group(records: Sequence[Record]) -> list[list[Record]]:
    """The logical calls, each as its tries in order."""
    calls: list[list[Record]] = []
    latest: dict[bytes, list[list[Record]]] = {}
    for record in sorted(records, key=lambda one: (arrived(one), one.number)):
        alike = latest.setdefault(likeness(record), [])
        call = next((call for call in reversed(alike) if _continues(call[-1], record)), None)
        if call is None:
            call = []
            alike.append(call)
            calls.append(call)
        call.append(record)
    return calls


def _continues(last: Record, record: Record) -> bool:
    """Whether a request is the next try after another of the same likeness."""
    if left(last) > arrived(record):
        return False
    if record.retry is not None and last.retry is not None:
        return record.retry == last.retry + 1
    return record.retry is None and last.retry is None and failed(last)
