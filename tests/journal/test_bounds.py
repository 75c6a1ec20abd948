"""The journal's bound holds in memory: what is counted is what is kept, whatever an exchange is made of."""

import gc
import tracemalloc
from collections.abc import Callable

import pytest

from mockserver.core.actions import Data, End, Head, Raw, Wait
from mockserver.engine.decision import Decision, Note
from mockserver.engine.request import Request
from mockserver.journal import redact
from mockserver.journal.log import FACTOR, Ended, Exchange, Journal, Outcome
from mockserver.journal.redact import LONGEST_NAME, capture, is_secret

BOUND = 1_000_000
"""Bytes of the journals of these tests."""


def exchange_of(
    number: int, *, headers: dict[str, str] | None = None, body: bytes = b"", decision: Decision | None = None
) -> Exchange:
    """Return an exchange that was captured as the server captures it; its number and times mean nothing."""
    decision = decision if decision is not None else Decision((Head(200), Data(b"ok"), End()), note(number))
    request = Request("POST", f"/v1/messages/{number}", headers or {}, body)
    _, path, body, captured = capture(
        request, decision, received_at=0.0, ended_at=1.0 + number, virtual=False, credits=None
    )
    frames = [action.payload for action in decision.actions if isinstance(action, Data)]
    writes = tuple([(frame + 1_000, frame + 100_000, number + frame / 7) for frame in range(len(frames))])
    ended: Ended = "closed" if any(isinstance(action, Raw) for action in decision.actions) else "complete"
    outcome = Outcome(200, len(frames), sum(map(len, frames)), 1.0 + number, ended, len(frames), writes)
    return Exchange(number, float(number), "client", "POST", path, body, decision.note, outcome, captured)


def note(number: int) -> Note:
    return Note(session=f"key-{number}", seed=str(number))


def small(number: int) -> Exchange:
    headers = {f"x-{name}-{number}": f"{number}" for name in range(12)}
    return exchange_of(number, headers=headers, body=b'{"model": "m", "number": %d}' % number)


def large_name(number: int) -> Exchange:
    return exchange_of(number, headers={f"x-{number}-" + "a" * 100_000: "1"})


def many_names(number: int) -> Exchange:
    return exchange_of(number, headers={f"x-{number}-{name}": "" for name in range(2_000)})


def large_value(number: int) -> Exchange:
    return exchange_of(number, headers={"x-a": f"{number}" + "a" * 50_000})


def stream(number: int) -> Exchange:
    frames = [action for frame in range(200) for action in (Wait(frame / 7), Data(b"%d" % (number + frame), "text"))]
    return exchange_of(number, decision=Decision((Head(200), *frames, End()), note(number)))


def raw_bytes(number: int) -> Exchange:
    return exchange_of(number, decision=Decision((Raw(b"%d" % number * 5_000), End()), note(number)))


def response_headers(number: int) -> Exchange:
    head = Head(200, tuple([(f"x-{number}-{name}", f"{number}" * 20) for name in range(100)]))
    return exchange_of(number, decision=Decision((head, End()), note(number)))


def misses(number: int) -> Exchange:
    told = tuple([f"turn {miss} \U0001f600 {number}" * 20 for miss in range(20)])
    return exchange_of(number, decision=Decision((Head(404), End()), Note(session=f"key-{number}", misses=told)))


def warnings(number: int) -> Exchange:
    told = tuple([f"{number} {place} " * 50 for place in range(20)])
    told_of = Note(session=f"key-{number}", idle_faults=told, warnings=told[:10], draws=told[:5])
    return exchange_of(number, decision=Decision((Head(200), End()), told_of))


KINDS = (*(small, large_name, many_names, large_value, stream, raw_bytes, response_headers, misses, warnings),)


def enter(journal: Journal, exchange: Exchange) -> None:
    fields = (exchange.at, exchange.client, exchange.method, exchange.path, exchange.body)
    journal.enter(*fields, exchange.note, exchange.outcome, exchange.captured)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_journal_takes_no_more_memory_than_its_bound(kind: Callable[[int], Exchange]) -> None:
    journal = Journal(most=1_000_000, most_bytes=BOUND)
    enter(journal, kind(0))  # what is made once is not counted
    gc.collect()
    tracemalloc.start()
    try:
        number = 1
        while not journal.forgotten or number < 100:
            enter(journal, kind(number))
            number += 1
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept <= FACTOR * BOUND
    assert kept >= BOUND / 4 or kind is large_name  # the bound is not wasted either


def test_a_long_name_of_a_header_is_cut_and_its_value_is_hidden() -> None:
    headers = exchange_of(1, headers={"x" * 5_000: "value", "x-a": "b"}).captured.headers
    assert [*headers.items()] == [("x" * LONGEST_NAME + "…", "…"), ("x-a", "b")]


def test_only_short_names_are_remembered_as_secret_or_not() -> None:
    before = redact._is_secret.cache_info().currsize
    assert is_secret("x" * 5_000)
    assert redact._is_secret.cache_info().currsize == before
