"""Hostile and slow targets: bounded in memory and time, and never taken for good ones."""

import gzip
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from mockserver.contracts import suite
from mockserver.contracts.check import Check, CheckOutcome, ExchangeView
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.suite import run_checks
from mockserver.gate.client import AnswerLimits, HttpClient
from mockserver.gate.content_encoding import TooLarge, decode_body
from mockserver.gate.pace import AnswerPace
from mockserver.gate.relay import Outgoing, Upstream, serving
from tests.gate.support import MESSAGES, always, command, document, exchange, reference_gateway, run
from tests.gate.test_targets import raw

BOMB = gzip.compress(bytes(20_000_000))
HEAD = [("content-type", "application/json"), ("content-encoding", "gzip"), ("content-length", str(len(BOMB)))]


# Memory


def test_a_small_body_cannot_become_a_large_one() -> None:
    with pytest.raises(TooLarge, match="decompress to more than 1,000"):
        decode_body(BOMB, "gzip", 1000)
    assert decode_body(gzip.compress(bytes(1000)), "gzip", 1000) == bytes(1000)


def test_a_gzip_bomb_is_an_answer_without_an_end() -> None:
    with always(Outgoing(200, HEAD, [BOMB])) as url:
        response = HttpClient(url, AnswerLimits(size=200_000))(SentRequest("GET", "/v1/models"))
    assert (response.ended, response.body) == ("endless", b"")


# Time


def test_no_answer_outlasts_the_run() -> None:
    with raw(threading.Event(), b"HTTP/1.1 200 OK\r\nx-drops: ", b"x") as url:
        client = HttpClient(url, AnswerLimits(connect=60, silence=60, total=60))
        client.seconds_left = 0.2
        response = client(SentRequest("GET", "/v1/models"))
    assert (response.ended, response.seconds) == ("none", 0.2)


def test_an_answer_that_the_end_of_the_run_cuts_off_breaks_nothing() -> None:
    served: list[str] = []

    def respond(request: SentRequest) -> Outgoing:
        served.append(request.path)
        good = Outgoing(401, [("content-type", "application/json")], [b'{"error": {"message": "no key"}}'])
        return good if len(served) <= 4 else Outgoing(200, [("content-type", "application/json")], [b"{"], "hang")

    with serving(respond) as url:
        done = run(url, seconds=0.8)
    assert "took longer than 0.8 s" in done.stopped
    assert "in the median" in done.stopped
    assert done.results.entries["body-complete"].state == "kept"
    assert done.exit_code in (1, 3)


def test_a_slow_target_is_unfinished_and_not_good() -> None:
    ticks = iter(range(0, 10_000, 2))  # each look at the clock takes two seconds
    with reference_gateway() as (url, sleep):
        done = run(url, seconds=60, clock=lambda: float(next(ticks)), sleep=sleep)
    assert done.results.of("broken") == []
    assert done.exit_code == 3


def test_the_pace_has_figures() -> None:
    pace = AnswerPace()
    assert str(pace) == "0 ms in the median, 0 ms at most"
    pace.firsts.extend([0.012, 2.06, 1.5])
    assert str(pace) == "1.5 s in the median, 2.1 s at most"


# What can be judged


@pytest.mark.parametrize("ended", ["cut", "silent", "endless"])
def test_an_answer_without_an_end_keeps_no_promise_about_its_body(ended: str) -> None:
    stream = b'event: ping\ndata: {"type": "ping"}\n\n' * 3
    view = ExchangeView(exchange(MESSAGES, stream, ended=ended), document(), document().operations["messages"])  # type: ignore[arg-type]  # a word of Ended
    kept = {outcome.promise for outcome in run_checks(view) if not outcome.deviations}
    assert kept <= {"known-status", "known-media-type", "header-schema", "stream-as-asked", "no-server-error"} | {
        "request-id-unique"
    }


def test_a_check_that_fails_itself_is_an_error_and_no_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(view: ExchangeView) -> list[str]:
        raise KeyError("id")

    monkeypatch.setitem(suite.CHECKS, "latency", Check("latency", lambda view: True, fails))
    view = ExchangeView(exchange(MESSAGES, {}), document(), None)
    assert CheckOutcome("latency", error="the check failed: KeyError: 'id'") in list(run_checks(view))
    with reference_gateway() as (url, sleep):
        done = run(url, only=("latency",), sleep=sleep)
    assert (done.results.entries["latency"].state, done.exit_code) == ("error", 3)
    assert done.results.of("broken") == []


def test_every_fourth_request_dropped_is_one_cause() -> None:
    count = [0]
    with reference_gateway() as (behind, sleep):
        upstream = Upstream(behind)

        def respond(request: SentRequest) -> Outgoing:
            count[0] += 1
            status, headers, pieces = upstream.open(request)
            body = b"".join(pieces)
            fields = [*(pair for pair in headers if pair[0] != "content-length"), ("content-length", str(len(body)))]
            return Outgoing(
                status, fields, [body[:-3]] if count[0] % 4 == 0 else [body], "cut" if count[0] % 4 == 0 else "complete"
            )

        with serving(respond) as url:
            done = run(url, only=("errors", "conformity"), sleep=sleep)
    causes = done.results.causes()
    assert causes[0].what == "the connection was lost before the body was complete"
    assert len(causes[0].promises) > 1
    assert len(causes[0].operations) > 1


# Signals


def test_sigterm_leaves_every_report(tmp_path: Path) -> None:
    count, file = [0], tmp_path / "report.json"

    def respond(request: SentRequest) -> Outgoing:
        count[0] += 1
        if count[0] == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        body = b'{"error": {"message": "no key", "type": "authentication_error"}}'
        return Outgoing(401, [("content-type", "application/json"), ("content-length", str(len(body)))], [body])

    with serving(respond) as url:
        done = command(url, "--profile", "smoke", "--json", str(file), "--quiet")
    report = json.loads(file.read_text())
    assert report["stopped"] == "SIGTERM"
    assert "Stopped early: SIGTERM" in done.output
    assert done.exit_code == report["exit_code"]
