"""Attempts: which requests are tries of one logical call.

Rules:

- Tries of one call are alike in session, path and conversation; two equal bodies alone prove nothing, since two workers
  may well ask the same.
- An official SDK says which retry a request is (`x-stainless-retry-count`): number n continues the call whose last
  try was n - 1.
- Who says 0 or nothing tries again by himself, perhaps around an SDK that does not: the same conversation again, after
  the last try had ended badly and no retry of the SDK's went on with it.
- Logins are never tries of one call: their bodies are not kept, so that they all look alike.
- Who comes before the last try has ended is another call. Where that has happened, several ask the same, and nobody
  can tell a try that says nothing from a first one of somebody else: it is taken for that.
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

import orjson

from mockserver.journal.record import Record
from mockserver.journal.redact import is_login

_SAID = ("model", "system", "messages", "tools")


def likeness(record: Record) -> bytes:
    """What tries of one call have in common."""
    if is_login(record.path):
        return str(record.number).encode()
    body = record.json
    said: object = [body.get(name) for name in _SAID] if isinstance(body, dict) else record.body.decode("latin-1")
    return blake2b(orjson.dumps([record.session, record.path, said]), digest_size=16).digest()


def failed(record: Record) -> bool:
    """Whether the client had a reason to try again: an error, or an answer that broke off."""
    return record.status >= 400 or record.ended in ("closed", "reset", "client_left", "server_stopped")


def arrived(record: Record) -> float:
    """When it came, by the host's time."""
    return record.exchange.captured.received_at


def left(record: Record) -> float:
    """When its answer had ended, by the host's time."""
    return record.exchange.captured.ended_at


def waited(before: Record, after: Record) -> float:
    """How long the client waited between two tries: by the host's time or the session's, whichever is longer.

    A test that does not sleep advances the session's clock in its place.
    """
    host = arrived(after) - left(before)
    return max(host, after.at - before.at - before.exchange.outcome.seconds)


def group(records: Sequence[Record]) -> list[list[Record]]:
    """The logical calls, each as its tries in order."""
    alike: dict[bytes, list[Record]] = {}
    for record in sorted(records, key=_when):
        alike.setdefault(likeness(record), []).append(record)
    calls = [call for same in alike.values() for call in _calls(same)]
    return sorted(calls, key=lambda call: _when(call[0]))


def _when(record: Record) -> tuple[float, int]:
    return arrived(record), record.number


def _calls(same: Sequence[Record]) -> list[list[Record]]:
    """The logical calls among requests that are alike, by time."""
    calls: list[list[Record]] = []
    alone = all(left(before) <= arrived(after) for before, after in pairwise(same))
    for place, record in enumerate(same):
        ended = [call for call in reversed(calls) if left(call[-1]) <= arrived(record)]
        if record.retry:
            call = next((call for call in ended if _said(call[-1]) == record.retry - 1), None)
        else:
            call = next((call for call in ended if _was_left(call[-1], same[place + 1 :])), None) if alone else None
        if call is None:
            calls.append([record])
        else:
            call.append(record)
    return calls


def _said(record: Record) -> int:
    return record.retry or 0


def _was_left(last: Record, later: Sequence[Record]) -> bool:
    """Whether a try ended badly and its SDK did not go on."""
    return failed(last) and (last.retry is None or all(record.retry != last.retry + 1 for record in later))
