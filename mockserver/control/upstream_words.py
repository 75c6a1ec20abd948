"""An answer that a real gateway gave, as the keys of a turn: those of a recording, the same on every wire."""

from mockserver.core.actions import Close, Data, Head, Reset
from mockserver.journal.record import Record
from mockserver.recording.exchange import Ended, Frame, RecordedExchange
from mockserver.recording.turns import answer_of
from mockserver.scenarios.templates import as_literal


def upstream_words(record: Record) -> dict[str, object]:
    """Return the keys of a turn that gives this answer, with the fault that breaks it where it broke."""
    return {name: as_literal(value) for name, value in answer_of(_exchange(record), record.call).items()}


def _exchange(record: Record) -> RecordedExchange:
    """Return the exchange as a recorder sees it, at the times at which its parts were delivered."""
    captured, outcome = record.exchange.captured, record.exchange.outcome
    payloads = [action.payload for action in captured.actions if isinstance(action, Data)]
    moments = outcome.moments()[: len(payloads)]
    moments += [outcome.seconds] * (len(payloads) - len(moments))
    head = next((action for action in captured.actions if isinstance(action, Head)), Head(0))
    return RecordedExchange(
        method=record.method,
        path=record.path,
        headers=captured.headers,
        body=record.body,
        status=head.status,
        response_headers={name.lower(): value for name, value in head.headers},
        first=min(moments, default=outcome.seconds),
        frames=tuple([Frame(at, payload) for at, payload in zip(moments, payloads, strict=True)]),
        ended=_ended(record),
    )


def _ended(record: Record) -> Ended:
    last = record.exchange.captured.actions[-1]
    return "reset" if isinstance(last, Reset) else "closed" if isinstance(last, Close) else "complete"
