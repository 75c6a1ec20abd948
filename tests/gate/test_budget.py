"""The budget and the time of a run: counted before anything is sent, and never exceeded."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from mockserver.contracts import sse
from mockserver.contracts.client import NotExaminable
from mockserver.contracts.exchange import Json, ReceivedResponse, SentRequest, dig
from mockserver.contracts.reference import gateway
from mockserver.gate.budget import Budget, BudgetLimits, cost_of
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, Upstream, serving
from tests.gate.support import always, command, reference_gateway, run


@dataclass
class Till:
    """What a gateway counted: requests, and the tokens that its answers state."""

    requests: list[SentRequest] = field(default_factory=list)
    tokens: int = 0


def tokens_of(body: bytes) -> int:
    """Return the usage that an answer states, whole or streamed, on either wire."""
    whole: list[Json] = [json.loads(body)] if body.startswith(b"{") else [part.json for part in sse.parse(body).events]
    tokens = 0
    for part in whole:
        for usage in (dig(part, "usage"), dig(part, "message", "usage")):
            for name in ("input_tokens", "output_tokens", "prompt_tokens", "completion_tokens"):
                count = dig(usage, name)
                tokens += count if isinstance(count, int) else 0
    return tokens


@contextmanager
def counted() -> Iterator[tuple[str, Till]]:
    """Serve the reference gateway behind a till; yield the URL and the till."""
    till = Till()
    with reference_gateway() as (behind, _):

        def respond(request: SentRequest) -> Outgoing:
            till.requests.append(request)
            status, headers, pieces = Upstream(behind).open(request)
            body = b"".join(pieces)
            if status == 200 and request.path.endswith(("/messages", "/completions")):
                till.tokens += tokens_of(body)
            return Outgoing(status, [pair for pair in headers if pair[0] != "content-length"], [body] if body else [])

        with serving(respond) as url:
            yield url, till


@pytest.mark.slow
@pytest.mark.parametrize(("requests", "tokens"), [(40, 60_000), (220, 1500)])
def test_a_paid_run_stays_within_its_budget_as_the_gateway_counts_it(requests: int, tokens: int) -> None:
    with counted() as (url, till):
        done = run(url, replace(PROFILES["paid"], budget=BudgetLimits(requests, tokens)))
    assert len(till.requests) == done.spent.requests <= requests
    assert 0 < till.tokens <= done.spent.tokens <= tokens
    assert any("budget" in entry.reason for entry in done.results.of("not examined"))


@pytest.mark.slow
def test_the_whole_paid_profile_fits_into_its_budget() -> None:
    unpaced = replace(PROFILES["paid"], budget=replace(PROFILES["paid"].budget, rate=None))
    with counted() as (url, till):
        done = run(
            url, unpaced, credentials={"exhausted": gateway.EMPTY, "login": f"{gateway.USER}:{gateway.PASSWORD}"}
        )
    assert done.results.of("broken") == []
    assert [entry.reason for entry in done.results.of("not examined") if "budget" in entry.reason] == []
    assert len(till.requests) <= 240
    assert till.tokens <= 60_000


@pytest.mark.slow
def test_a_paid_run_asks_for_tiny_answers() -> None:
    unpaced = replace(PROFILES["paid"], budget=replace(PROFILES["paid"].budget, rate=None))
    with counted() as (url, till):
        run(url, unpaced)
    limits = [dig(request.json, "max_tokens") for request in till.requests]
    assert max(limit for limit in limits if isinstance(limit, int)) <= 64


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        ("GET", "/v1/models", None, 0),
        ("POST", "/v1/auth/login", b'{"email": "a"}', 0),
        ("POST", "/v1/messages", b'{"messages": [], "max_tokens": 60}', 34 + 60),
        ("POST", "/v1/messages", b'{"messages": []}', 16 + 4096),
        ("POST", "/v1/messages", b'{"messages": [', 14),
        ("POST", "/v1/chat/completions", '{"messages": ["\u65e5"], "max_tokens": -5}'.encode(), 39),
    ],
)
def test_a_request_is_counted_as_its_bytes_and_its_longest_answer(
    method: str, path: str, body: bytes | None, cost: int
) -> None:
    assert cost_of(SentRequest(method, path, {}, body)) == cost


def test_the_purse_counts_before_it_sends() -> None:
    sent: list[SentRequest] = []

    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        sent.append(request)
        return ReceivedResponse(200)

    budget = Budget(send, BudgetLimits(requests=2, tokens=100))
    budget(SentRequest("POST", "/v1/messages", {}, b'{"messages": [], "max_tokens": 60}'))
    with pytest.raises(NotExaminable, match="may cost"):
        budget(SentRequest("POST", "/v1/messages", {}, b'{"messages": [], "max_tokens": 60}'))
    budget(SentRequest("GET", "/v1/models"))
    with pytest.raises(NotExaminable, match="2 requests"):
        budget(SentRequest("GET", "/v1/models"))
    assert len(sent) == 2


def test_the_purse_keeps_its_rate() -> None:
    slept: list[float] = []
    budget = Budget(
        lambda request, pieces=1: ReceivedResponse(200), BudgetLimits(rate=4), clock=lambda: 100.0, sleep=slept.append
    )
    for _ in range(3):
        budget(SentRequest("GET", "/v1/models"))
    assert slept == [0.25, 0.5]


# Time: a clock that moves on by a second whenever it is read

SOAK = replace(PROFILES["soak"], probes="smoke", thorough=False)


def ticking() -> Iterator[float]:
    return itertools.count(0.0)


@pytest.mark.slow
def test_a_soak_ends_by_itself_when_its_time_is_over_and_passes() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, SOAK, credentials=gateway.credentials(), sleep=sleep, seconds=1500, clock=ticking().__next__)
    assert done.rounds >= 2
    assert done.spent.requests <= 1500
    assert (done.stopped, done.passed) == ("", True)


def test_a_soak_ends_when_something_breaks() -> None:
    def respond(request: SentRequest) -> Outgoing:
        return Outgoing(418, [("content-type", "application/json"), ("content-length", "2")], [b"{}"])

    with serving(respond) as url:
        done = run(url, SOAK)
    assert done.rounds == 1
    assert done.results.of("broken")
    assert not done.passed


def test_another_run_that_takes_too_long_has_not_passed() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, "smoke", credentials=gateway.credentials(), sleep=sleep, seconds=50, clock=ticking().__next__)
    assert "took longer than 50 s" in done.stopped
    assert not done.passed
    assert done.results.of("kept")


def test_ctrl_c_ends_a_run_with_a_report_of_what_was_seen() -> None:
    seen = itertools.count()

    def interrupted(seconds: float = 0) -> float:
        if next(seen) == 40:
            raise KeyboardInterrupt
        return 0.0

    with reference_gateway() as (url, _):
        done = run(url, "smoke", clock=interrupted)
    assert done.stopped == "Ctrl-C"
    assert done.results.of("kept")
    assert not done.passed


@pytest.mark.parametrize(("given", "words"), [("0", "more than 0"), ("soon", "such as 300ms, 5s"), ("-5", "such as")])
def test_a_time_that_is_none_is_said(given: str, words: str) -> None:
    done = command("http://127.0.0.1:1", f"--time={given}")
    assert done.exit_code == 2
    assert words in done.output


def test_latency_has_its_own_bound() -> None:
    with always(Outgoing(401, [("content-type", "application/json"), ("content-length", "2")], [b"{}"])) as url:
        done = command(url, "--profile", "smoke", "--only", "latency", "--latency", "1us")
        assert done.exit_code == 2
        done = command(url, "--profile", "smoke", "--only", "latency", "--latency", "0.01ms", "--quiet")
    assert "BROKEN  latency" in done.output
