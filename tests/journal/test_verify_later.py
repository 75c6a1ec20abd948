"""Verification over HTTP for clients in other processes: it can wait for a request that has not come yet."""

import threading

import httpx
import pytest

from mockserver.testing.gateway import GatewaySession
from mockserver.testing.start import start
from tests.support.posting import post


def verify(gateway: GatewaySession, **options: object) -> dict[str, object]:
    headers = {"authorization": f"Bearer {gateway.token}"}
    url = f"{gateway.url}/_mock/verify"
    answer: dict[str, object] = httpx.post(url, json=options, headers=headers, timeout=30).json()
    return answer


def test_what_comes_within_the_time_is_waited_for() -> None:
    with start(control=True) as gateway:
        gateway.reply("hi", times="always")
        client = threading.Thread(target=post, args=(gateway, "later"))
        answers: list[dict[str, object]] = []
        asking = threading.Thread(target=lambda: answers.append(verify(gateway, when={"text": "later"}, within="30s")))
        asking.start()
        client.start()
        client.join()
        asking.join()
    assert answers == [{"ok": True, "message": "", "exchanges": [1]}]


@pytest.mark.parametrize("within", [None, 0, "10ms"])
def test_what_does_not_come_is_told(within: object) -> None:
    with start(control=True) as gateway:
        options = {} if within is None else {"within": within}
        answer = verify(gateway, when={"last": "user"}, **options)
    assert (answer["ok"], "No requests were recorded." in str(answer["message"])) == (False, True)


def test_nobody_waits_for_ever() -> None:
    with start(control=True) as gateway:
        error = verify(gateway, within="2m")["error"]
    assert isinstance(error, dict)
    assert "within" in str(error["message"])
