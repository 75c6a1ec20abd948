"""Verification over HTTP for clients in other processes: what has not come yet is waited for."""

import threading

import httpx
import pytest

from mockserver.testing.gateway import GatewaySession
from mockserver.testing.start import start
from tests.support.posting import post


def verify(gateway: GatewaySession, **said: object) -> dict[str, object]:
    headers = {"authorization": f"Bearer {gateway.token}"}
    found: dict[str, object] = httpx.post(f"{gateway.url}/_mock/verify", json=said, headers=headers, timeout=30).json()
    return found


def test_what_comes_within_the_time_is_waited_for() -> None:
    with start(control=True) as gateway:
        gateway.reply("hi", times="always")
        client = threading.Thread(target=post, args=(gateway, "later"))
        found: list[dict[str, object]] = []
        asking = threading.Thread(target=lambda: found.append(verify(gateway, when={"text": "later"}, within="30s")))
        asking.start()
        client.start()
        client.join()
        asking.join()
    assert found == [{"ok": True, "message": "", "exchanges": [1]}]


@pytest.mark.parametrize("within", [None, 0, "10ms"])
def test_what_does_not_come_is_told(within: object) -> None:
    with start(control=True) as gateway:
        said = {} if within is None else {"within": within}
        told = verify(gateway, when={"last": "user"}, **said)
    assert (told["ok"], "No requests were recorded." in str(told["message"])) == (False, True)


def test_nobody_waits_for_ever() -> None:
    with start(control=True) as gateway:
        error = verify(gateway, within="2m")["error"]
    assert isinstance(error, dict)
    assert "within" in str(error["message"])
