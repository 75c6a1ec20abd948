"""Causes: what differs from run to run is no new kind, and the report names a cause once."""

import pytest

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.gate.causes import SEVERAL, Cause, fingerprint, group, kind_of
from mockserver.gate.reports.terminal import by_operation
from mockserver.gate.results import LARGEST_KEPT, PromiseResult, RunResults
from tests.gate.support import MESSAGES

SAME = [
    ("exchange 4 had req_ab12", "exchange 17 had req_ff00"),
    ("model is 'a'", "model is 'b'"),
    ('/content/0: 5 is not of type "string"', '/content/12: 7 is not of type "array"'),
    ("200 output tokens, max_tokens is 2", "31 output tokens, max_tokens is 2"),
]
OTHER = [
    ("status 422, expected 400", "status 500, expected 400"),
    ("status 422, expected 400", "status 422, expected 400 or 413"),
    ("no stop reason", "no count of input tokens"),
]


@pytest.mark.parametrize(("one", "another"), SAME)
def test_what_differs_from_run_to_run_is_the_same_kind(one: str, another: str) -> None:
    assert kind_of(one) == kind_of(another)


@pytest.mark.parametrize(("one", "another"), OTHER)
def test_another_status_or_another_sentence_is_another_kind(one: str, another: str) -> None:
    assert kind_of(one) != kind_of(another)


def answered(operation: str, *, status: int = 200, ended: str = "complete", body: bytes = b"") -> CheckedExchange:
    """Return an exchange of an operation."""
    response = ReceivedResponse(status, (), body, ended, trouble="" if status else "the connection was lost")  # type: ignore[arg-type]  # a word of Ended
    return CheckedExchange(SentRequest("POST", MESSAGES), response, operation)


def test_a_fingerprint_names_the_operation_or_the_route() -> None:
    assert str(fingerprint(Deviation("latency", "late", answered("chat")))) == "chat: late"
    assert str(fingerprint(Deviation("latency", "late", answered("")))) == f"POST {MESSAGES}: late"


def results(*deviations: Deviation) -> RunResults:
    """Return the results of a run that saw these deviations."""
    made = RunResults()
    for deviation in deviations:
        made.add_result(deviation.promise, False, deviation.got, deviation.exchange)
    return made


def test_one_lost_connection_is_one_finding_with_the_promises_that_it_breaks() -> None:
    lost = answered("messages", status=0, ended="none")
    found = results(
        Deviation("auth-missing", "status none, expected 401", lost),
        Deviation("unicode", "status none, expected 200", answered("chat", status=0, ended="none")),
        Deviation("latency", "late", answered("chat")),
    ).causes()
    assert [cause.promises for cause in found] == [("auth-missing", "unicode"), ("latency",)]
    assert found[0].what == "no answer: the connection was lost"
    assert found[0].operations == {"messages": 1, "chat": 1}


def test_one_wrong_status_is_one_finding() -> None:
    wrong = answered("chat", status=422)
    got = "status 422, expected 400"
    found = results(Deviation("wrong-type", got, wrong), Deviation("missing-field", got, wrong)).causes()
    assert [(cause.what, cause.count) for cause in found] == [(got, 2)]


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ({"chat": 1}, "once: chat"),
        ({"chat": 3}, "3 times: chat"),
        ({"chat": 2, "messages": 1}, "3 times: chat 2, messages 1"),
        ({SEVERAL: 4}, "4 times"),
    ],
)
def test_how_often_a_cause_was_seen_is_said_shortly(operations: dict[str, int], words: str) -> None:
    assert by_operation(Cause("late", ("latency",), operations, Deviation("latency", "late"))) == words


def test_what_only_one_promise_shows_stays_one_finding_by_operation() -> None:
    found = results(
        Deviation("latency", "late", answered("chat")), Deviation("latency", "very late", answered("messages"))
    ).causes()
    assert [(cause.promises, dict(cause.operations)) for cause in found] == [(("latency",), {"chat": 1, "messages": 1})]


def test_accepted_deviations_are_no_finding() -> None:
    made = results(Deviation("latency", "late", answered("chat")))
    made.entries["latency"].accepted, made.entries["latency"].known = "since then", frozenset({"chat: late"})
    assert made.causes() == []
    assert made.entries["latency"].state == "accepted"


def test_a_promise_keeps_few_exchanges_and_only_the_beginning_of_a_long_answer() -> None:
    long = answered("chat", body=b"x" * (LARGEST_KEPT + 1))
    made = results(*(Deviation("latency", "late " + letter * 3, long) for letter in "abcdefghij"))
    kept = [sighting.first.exchange for sighting in made.entries["latency"].sightings.values()]
    assert [len(exchange.response.body) if exchange else 0 for exchange in kept] == [LARGEST_KEPT] * 5 + [0] * 5


def test_a_result_is_one_of_six_states() -> None:
    made = RunResults()
    made.add_absence(["count-tokens"], "404")
    made.add_result("login", True, "", None)
    made.add_reason(["me"], "no key")
    states = {name: made.entries[name].state for name in ("count-tokens", "login", "me")}
    assert states == {"count-tokens": "not offered", "login": "kept", "me": "not examined"}
    assert made.entries["count-tokens"].reason == "404"
    assert group([PromiseResult(made.entries["me"].promise)]) == []
