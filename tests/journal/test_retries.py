"""Retries: which requests are tries of one call, by the SDK's own count, or because they are near in time."""

import httpx
import pytest

from mockserver.journal.retries import NEAR
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post

COUNT = "x-stainless-retry-count"


def test_a_person_who_sends_again_minutes_later_is_no_program_that_retries(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi").reply("hi")
    post(gateway)
    post(gateway, text="Something else")
    gateway.clock.advance(480)
    post(gateway)
    assert not gateway.verdict()


@pytest.mark.parametrize(("seconds", "rules"), [(NEAR, {"retried-in-vain"}), (NEAR + 2, set[str]())])
def test_tries_of_one_call_are_near_in_time(gateway: GatewaySession, seconds: float, rules: set[str]) -> None:
    gateway.error(400).reply("hi")
    post(gateway)
    gateway.clock.advance(seconds - 1)
    post(gateway)
    assert gateway.verdict().rules == rules


def test_a_success_in_between_ends_a_call(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi").reply("hi")
    post(gateway)
    post(gateway, text="Something else")
    gateway.clock.advance(1)
    post(gateway)
    assert not gateway.verdict()


def test_a_look_at_the_balance_in_between_ends_nothing(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi")
    post(gateway)
    gateway.clock.advance(1)
    balance = httpx.get(f"{gateway.url}/api/v1/public/credits/balance", headers={"x-api-key": gateway.key})
    assert balance.status_code == 200
    post(gateway)
    assert gateway.verdict().rules == {"retried-in-vain"}


def test_the_count_of_an_sdk_is_believed_whatever_the_time(gateway: GatewaySession) -> None:
    gateway.error(400).reply("hi").reply("hi")
    post(gateway, headers={COUNT: "0"})
    post(gateway, text="Something else", headers={COUNT: "0"})
    gateway.clock.advance(480)
    post(gateway, headers={COUNT: "1"})
    assert gateway.verdict().rules == {"retried-in-vain"}


def test_a_wait_that_the_answer_asked_for_is_no_distance(gateway: GatewaySession) -> None:
    gateway.error(429, retry_after=3600).reply("hi")
    post(gateway)
    gateway.clock.advance(1800)
    post(gateway)
    assert gateway.verdict().rules == {"retry-after-ignored"}
