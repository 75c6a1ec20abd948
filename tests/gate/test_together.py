"""Accounts beside each other, requests at the same time, and the clock of a token."""

from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.probes.together import _clock
from mockserver.contracts.reference import gateway
from tests.gate.support import reference_gateway, run

NAMES = ("balance-own", "balance-together", "limit-together", "token-clock", "refused-is-free")


def test_the_reference_gateway_keeps_what_happens_at_the_same_time() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, only=NAMES, credentials=gateway.credentials(), sleep=sleep)
    assert {entry.name: entry.state for entry in done.results.entries.values()} == dict.fromkeys(NAMES, "kept")


def test_without_a_second_key_nothing_is_said_of_another_account() -> None:
    with reference_gateway() as (url, _):
        done = run(url, only=("balance-own",))
    entry = done.results.entries["balance-own"]
    assert (entry.state, entry.reason.partition(":")[0]) == ("not examined", "give --second-key KEY")


def test_the_clock_of_an_answer_is_its_date_if_it_has_one() -> None:
    date = ("date", "Thu, 01 Jan 1970 00:01:00 GMT")
    dated, undated, odd = (
        CheckedExchange(SentRequest("GET", "/"), ReceivedResponse(200, headers), at=7.0)
        for headers in ((date,), (), (("date", "noon"),))
    )
    assert [_clock(exchange) for exchange in (dated, undated, odd)] == [60.0, 7.0, 7.0]
