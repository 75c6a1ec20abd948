"""Accounts beside each other, requests at the same time, and the clock of a token."""

import pytest

from mockserver.contracts.client import Client, Target
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.probes.ownership import two_limits
from mockserver.contracts.probes.together import _clock
from mockserver.contracts.reference import gateway
from tests.gate.support import document, reference_gateway, run

NAMES = (
    *("balance-own", "balance-together", "limit-together", "token-clock", "refused-is-free"),
    *("tokens-own", "limit-own", "exhausted-together"),
)


def test_the_reference_gateway_keeps_what_happens_at_the_same_time() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, only=NAMES, credentials=gateway.credentials(), sleep=sleep)
    assert {entry.name: entry.state for entry in done.results.entries.values()} == dict.fromkeys(NAMES, "kept")


def test_without_a_second_key_nothing_is_said_of_another_account() -> None:
    with reference_gateway() as (url, _):
        done = run(url, only=("balance-own",))
    entry = done.results.entries["balance-own"]
    assert (entry.state, entry.reason.partition(":")[0]) == ("not examined", "give --second-key KEY")


def test_without_a_second_login_nothing_is_said_of_another_user() -> None:
    with reference_gateway() as (url, _):
        done = run(url, only=("tokens-own",), credentials={"login": gateway.credentials()["login"]})
    entry = done.results.entries["tokens-own"]
    assert (entry.state, entry.reason.partition(" EMAIL")[0]) == ("not examined", "give --second-login")


@pytest.mark.parametrize(
    ("ordinary", "state"),
    [("", "kept"), ("429", "broken"), ("429 once", "kept"), ("429 for ever", "broken")],
)
def test_a_limit_is_of_one_key_alone(ordinary: str, state: str) -> None:
    """A limit of its own that the ordinary key meets once is no deviation."""
    answers = iter({"": [], "429": [2, 2], "429 once": [2], "429 for ever": [60]}[ordinary])
    limited = False

    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        nonlocal limited
        was_limited, limited = limited, "sk_limited" in request.headers.get("x-api-key", "")
        if limited:
            return ReceivedResponse(429, (("retry-after", "1"),))
        wait = next(answers, 0) if was_limited else 0
        return ReceivedResponse(429, (("retry-after", str(wait)),)) if wait else ReceivedResponse(200)

    found: dict[str, bool] = {}
    target = Target(gateway.KEY, {"window": "sk_limited_one"})
    client = Client(
        document(),
        target,
        send,
        record=lambda exchange: None,
        record_result=lambda name, kept, got, exchange: found.update({name: kept}),
        now=lambda: 0.0,
        wait=lambda seconds: None,
    )
    two_limits.play(client)
    assert found == {"limit-own": state == "kept"}


def test_the_clock_of_an_answer_is_its_date_if_it_has_one() -> None:
    date = ("date", "Thu, 01 Jan 1970 00:01:00 GMT")
    dated, undated, odd = (
        CheckedExchange(SentRequest("GET", "/"), ReceivedResponse(200, headers), at=7.0)
        for headers in ((date,), (), (("date", "noon"),))
    )
    assert [_clock(exchange) for exchange in (dated, undated, odd)] == [60.0, 7.0, 7.0]
