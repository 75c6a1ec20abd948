"""The line that `serve` prints for each exchange: text for people, or JSON (`--log-format json`)."""

from collections.abc import Callable, Mapping

import orjson

from mockserver.journal.log import Exchange


def as_text(exchange: Exchange) -> str:
    """Return number, status, operation, source of the answer, and how it ended if early."""
    note, outcome = exchange.note, exchange.outcome
    source = f"{note.scenario}/{note.turn}" if note.turn else note.code
    ended = "" if outcome.ended == "complete" else f"  {outcome.ended.replace('_', ' ')}"
    name = note.operation or f"{exchange.method} {exchange.path[:60]!r}"
    return f"{exchange.number:5}  {outcome.status}  {name:<20} {source}{ended}".rstrip()


def as_json(exchange: Exchange) -> str:
    """Return the exchange as a JSON object on one line, without bodies and keys."""
    note, outcome = exchange.note, exchange.outcome
    return orjson.dumps(
        {
            "number": exchange.number,
            "at": exchange.at,
            "session": note.session,
            "client": exchange.client,
            "method": exchange.method,
            "path": exchange.path,
            "operation": note.operation,
            "scenario": note.scenario,
            "turn": note.turn,
            "code": note.code,
            "status": outcome.status,
            "seconds": round(outcome.seconds, 6),
            "ended": outcome.ended,
            "events": outcome.frames,
            "bytes": outcome.bytes,
            "faults": note.faults,
            "draws": note.draws,
        }
    ).decode()


LINES: Mapping[str, Callable[[Exchange], str]] = {"text": as_text, "json": as_json}
"""The log formats by name."""
