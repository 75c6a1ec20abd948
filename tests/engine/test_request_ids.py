"""The id by which support finds a request: one for every request, the same again in a replay."""

from collections.abc import Mapping

import pytest

from mockserver.engine.request import Request
from tests.support.bank import BALANCE, CHAT, LOGIN, ME, MESSAGES, Bank

REFUSED = [
    Request("GET", ME, {}),
    Request("GET", BALANCE, {}),
    Request("GET", "/nowhere", {}),
    Request("GET", CHAT, {}),
    Request("POST", CHAT, {}),
    Request("POST", CHAT, {}, b"{}"),
    Request("POST", CHAT, {"x-api-key": "sk-ant-x"}),
    Request("POST", CHAT, {"authorization": "Basic x"}),
]
"""Each is refused before a session counts it."""


def id_of(headers: Mapping[str, str]) -> str:
    return headers.get("request-id") or headers["x-request-id"]


def test_requests_that_are_refused_before_they_are_counted_have_ids_of_their_own() -> None:
    bank = Bank()
    ids = [id_of(bank.send(request).headers) for request in REFUSED]
    assert len(set(ids)) == len(REFUSED)


def test_a_refusal_has_not_the_id_of_the_request_before_it() -> None:
    bank = Bank(strict_keys=True)
    login = bank.post(LOGIN, b"{")
    refused = bank.get(ME)
    assert login.headers["x-mock-session"] == refused.headers["x-mock-session"]
    assert id_of(login.headers) != id_of(refused.headers)


@pytest.mark.parametrize("request_", REFUSED, ids=lambda one: f"{one.method}-{one.path}")
def test_the_same_request_refused_again_has_the_same_id_for_nothing_remembers_it(request_: Request) -> None:
    bank, other = Bank(), Bank()
    ids = {id_of(one.send(request_).headers) for one in (bank, bank, other)}
    assert len(ids) == 1


def test_the_id_in_the_body_is_that_of_the_header() -> None:
    for request in REFUSED:
        answer = Bank().send(request)
        assert answer.json["request_id"] == id_of(answer.headers)


def test_counted_requests_have_ids_of_their_own_also_where_they_are_refused() -> None:
    bank = Bank("accounts: [{key: sk_a, credits: 0}]")
    answers = [bank.say("sk_a"), bank.say("sk_a"), bank.say("sk_a", MESSAGES, temperature=9), bank.get(BALANCE, "sk_a")]
    assert len({id_of(answer.headers) for answer in answers}) == 4
