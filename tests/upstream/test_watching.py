"""Watching for drift: each answer of the upstream is compared with the scenario's, and counted."""

import pytest

from mockserver.engine.request import Request
from mockserver.recording.drift import keeps_all
from mockserver.recording.played import played
from mockserver.server.stream_gate import Delivery
from mockserver.upstream.watching import DriftWatch
from tests.support.engine import Talk, contract, turns
from tests.upstream.support import REQUEST, live_answer


def watched(scenario: str, upstream: str, skipped: str = "") -> tuple[tuple[str, ...], list[str], list[str]]:
    """Return what the journal gets, the lines, and the summary of one request."""
    lines: list[str] = []
    watch = DriftWatch(contract(), keeps_all, lines.append)
    live = live_answer(Delivery(), turns(f"  - {scenario}\n"))
    exchange = played(REQUEST, Talk(turns(f"  - {upstream}\n")).send(REQUEST).actions)
    return watch.seen(live, exchange, skipped), lines, watch.summary()


def test_what_is_the_same_is_only_counted() -> None:
    assert watched("{reply: Hi}", "{reply: Good day}") == ((), [], ["Compared: 1 same."])


def test_a_difference_is_said_with_its_turn() -> None:
    remarks, lines, summary = watched("{reply: Hi}", "{reply: Hi, stop: max_tokens}")
    words = "stop-matches-content: the scenario says end_turn, the gateway max_tokens"
    assert remarks == (f"differs: {words}",)
    assert lines == [f"       differs (test/1): {words}"]
    assert summary == ["Compared: 1 differs.", "  stop-matches-content: 1"]


@pytest.mark.parametrize(
    ("scenario", "upstream", "skipped", "remark"),
    [
        ("{when: {text: other}, reply: Hi}", "{reply: Hi}", "", "no turn: "),
        ("{error: {status: 429}}", "{reply: Hi}", "", "not compared: the turn fails on purpose"),
        ("{reply: Hi, faults: [{close: {at: end}}]}", "{reply: Hi}", "", "not compared: the turn fails on purpose"),
        ("{reply: Hi}", "{error: {status: 503}}", "", "not compared: it answered 503"),
        ("{reply: Hi}", "{reply: Hi}", "the client left", "not compared: the client left"),
    ],
)
def test_what_cannot_be_compared_has_a_reason(scenario: str, upstream: str, skipped: str, remark: str) -> None:
    remarks, _, _ = watched(scenario, upstream, skipped)
    assert remarks[0].startswith(remark)


def test_nothing_is_a_summary_too() -> None:
    assert DriftWatch(contract(), keeps_all, print).summary() == ["Compared: nothing."]


def test_a_preflight_is_not_compared() -> None:
    watch = DriftWatch(contract(), keeps_all, print)
    request = Request("OPTIONS", "/v1/messages", {"origin": "http://a", "access-control-request-method": "POST"})
    live = live_answer(Delivery(), None, request)
    assert watch.seen(live, played(request, live.decision.actions), "") == ()
    assert not watch.counts
