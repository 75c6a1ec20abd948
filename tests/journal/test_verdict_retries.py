"""The verdict on retries: each rule finds the wrong client, and none finds anything in what a right client does."""

import httpx
import pytest

from mockserver.core.clock import FixedClock
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.log import Ended, Outcome
from mockserver.testing.gateway import GatewaySession
from tests.journal.verdict_support import rules_of
from tests.support.posting import post


@pytest.fixture
def standing(gateway: GatewaySession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the host's clock, so that an immediate retry takes no time on a busy machine."""
    monkeypatch.setattr(gateway._server.app, "_clock", FixedClock())


@pytest.mark.usefixtures("standing")
def test_retry_after_ignored(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300).reply("hi")
    post(gateway)
    post(gateway)
    [finding] = gateway.verdict()
    assert (finding.rule, finding.requests) == ("retry-after-ignored", (1, 2))
    assert "retry-after 300 s; the next try came" in finding.evidence


def test_retry_after_shortened(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300).reply("hi")
    post(gateway)
    gateway.clock.advance(200)
    post(gateway)
    assert gateway.verdict().rules == {"retry-after-ignored"}


def test_waiting_long_enough_is_right(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=20).reply("hi")
    post(gateway)
    gateway.clock.advance(20)
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.usefixtures("standing")
@pytest.mark.parametrize(("last_write", "rules"), [(0.5, set[str]()), (1.0, {"no-back-off"})])
def test_a_wait_begins_when_the_answer_is_written_not_when_a_busy_machine_notes_its_end(
    gateway: GatewaySession, last_write: float, rules: set[str]
) -> None:
    gateway.error(503)
    post(gateway)
    refused = Outcome(503, 1, 1, 1.0, "complete", 1, ((1, 1, last_write),))
    assert rules_of(gateway, [(0, 1), (1.05, 2.05)], refused, ClientLimits()) == rules


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_retried_in_vain(gateway: GatewaySession, status: int) -> None:
    gateway.error(status).reply("hi")
    post(gateway)
    gateway.clock.advance(1)
    post(gateway)
    assert gateway.verdict().rules == {"retried-in-vain"}


@pytest.mark.gateway(account={"credits": 0})
def test_going_on_once_credits_were_bought_is_right(gateway: GatewaySession) -> None:
    assert post(gateway).status_code == 402
    gateway.account.top_up(5)
    assert post(gateway).status_code == 200
    assert not gateway.verdict()


@pytest.mark.gateway(account={"credits": 0})
def test_going_on_without_credits_is_in_vain(gateway: GatewaySession) -> None:
    assert [post(gateway).status_code, post(gateway).status_code] == [402, 402]
    assert gateway.verdict().rules == {"retried-in-vain"}


def test_the_same_request_with_another_key_after_a_401_is_right(gateway: GatewaySession) -> None:
    gateway.error(401).reply("hi")
    post(gateway)
    place = gateway.key.removeprefix("sk_mock_")
    other = {"x-api-key": "sk_refreshed", "x-mock-session": gateway.session, "x-mock-scenario": place}
    assert post(gateway, headers=other).status_code == 200
    assert len(gateway.journal) == 2
    assert not gateway.verdict()


def test_logins_are_not_compared_since_their_bodies_are_not_kept(gateway: GatewaySession) -> None:
    gateway.turn(when={"operation": "login"}, error={"status": 401}, times="always")
    for password in ("one", "two"):
        post(gateway, path="/api/v1/auth/login", email="jo@example.com", password=password)
    assert [record.status for record in gateway.journal] == [401, 401]
    assert not gateway.verdict()


def test_another_question_after_a_refusal_is_no_retry(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi")
    post(gateway)
    post(gateway, text="Something else")
    assert not gateway.verdict()


def test_equal_requests_that_were_answered_are_no_retries(gateway: GatewaySession) -> None:
    post(gateway)
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.parametrize("status", [429, 503, 529])
def test_gave_up_early(gateway: GatewaySession, status: int) -> None:
    gateway.error(status)
    post(gateway)
    assert gateway.verdict().rules == {"gave-up-early"}


def test_who_is_told_to_wait_an_hour_may_give_up(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=3600)
    post(gateway)
    assert not gateway.verdict()


def test_who_is_told_not_to_retry_may_give_up(gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 503}, headers={"x-should-retry": "false"})
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.usefixtures("standing")
def test_no_back_off(gateway: GatewaySession) -> None:
    gateway.error(503)
    post(gateway)
    refused = Outcome(503, 1, 1, 1.0, "complete")
    assert rules_of(gateway, [(0, 1), (1.05, 2.05), (2.1, 3.1)], refused, ClientLimits()) == {"no-back-off"}
    assert rules_of(gateway, [(0, 1), (1.4, 2.4), (3.2, 4.2)], refused, ClientLimits()) == set()
    many = [(2.0 * number, 2.0 * number + 1) for number in range(11)]
    assert rules_of(gateway, many, refused, ClientLimits()) == {"no-back-off"}


SDK_SAYS_FIRST = {"x-stainless-retry-count": "0"}


def test_a_loop_of_the_applications_own_around_an_sdk_is_found(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=300, times=2).reply("hi")
    for _ in range(3):
        post(gateway, headers=SDK_SAYS_FIRST)
    assert [finding.requests for finding in gateway.verdict()] == [(1, 2), (2, 3)]
    assert gateway.verdict().rules == {"retry-after-ignored"}


def test_a_first_try_beside_the_retries_of_another_worker_is_none_of_them(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=2).reply("hi", times=2)
    post(gateway, headers=SDK_SAYS_FIRST)
    post(gateway, headers=SDK_SAYS_FIRST)  # the same question, of a worker that was not refused
    gateway.clock.advance(2)
    post(gateway, headers={"x-stainless-retry-count": "1"})
    assert not gateway.verdict()


def test_workers_that_ask_the_same_at_a_time_are_not_taken_for_one_that_tries_again(gateway: GatewaySession) -> None:
    gateway.error(503)
    post(gateway, headers=SDK_SAYS_FIRST)
    refused = Outcome(503, 1, 1, 1.0, "complete")
    assert rules_of(gateway, [(0, 1), (0.5, 1.5), (1.51, 2.51)], refused, ClientLimits()) == {"gave-up-early"}
    assert rules_of(gateway, [(0, 1), (1.01, 2.01), (2.02, 3.02)], refused, ClientLimits()) == {"no-back-off"}


def test_credits_ignored(gateway: GatewaySession) -> None:
    gateway.error(402, times="always")
    for text in "abc":
        post(gateway, text=text)
    assert gateway.verdict().rules == {"credits-ignored"}


def test_a_success_ends_the_row_of_402s(gateway: GatewaySession) -> None:
    gateway.error(402, times=2).reply("hi").error(402, times=2)
    statuses = [post(gateway, text=text).status_code for text in "abcde"]
    assert statuses == [402, 402, 200, 402, 402]
    assert not gateway.verdict()


def test_a_look_at_the_balance_does_not_end_the_row_of_402s(gateway: GatewaySession) -> None:
    gateway.error(402, times="always")
    for text in "abc":
        post(gateway, text=text)
        balance = httpx.get(f"{gateway.url}/api/v1/public/credits/balance", headers={"x-api-key": gateway.key})
        assert balance.status_code == 200
    assert gateway.verdict().rules == {"credits-ignored"}


@pytest.mark.parametrize(("ended", "rules"), [("reset", {"no-back-off"}), ("client_left", set[str]())])
def test_when_a_client_left_cannot_be_known_from_when_that_was_noticed(
    gateway: GatewaySession, ended: Ended, rules: set[str]
) -> None:
    post(gateway)
    broken = Outcome(200, 1, 1, 1.0, ended, 2)
    assert rules_of(gateway, [(0, 1), (1.01, 2)], broken, ClientLimits()) == rules
