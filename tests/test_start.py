"""`mockserver.start`: the same gateway in a block, in process, and for a suite in another language."""

import asyncio
import os
import subprocess
import sys
import threading

import httpx
import orjson
import pytest

import mockserver
from mockserver.errors import OperatorError
from tests.posting import post

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}


def test_a_block_has_a_gateway() -> None:
    with mockserver.start("greeting") as gateway:
        assert post(gateway).status_code == 200
        gateway.assert_called(times=1)


def test_a_block_is_strict() -> None:
    def ask_twice() -> None:
        with mockserver.start() as gateway:
            gateway.reply("hi")
            post(gateway)
            post(gateway)

    with pytest.raises(mockserver.ClientError, match="matched nothing"):
        ask_twice()


def test_an_error_in_the_block_is_what_is_told() -> None:
    with pytest.raises(ZeroDivisionError), mockserver.start(strict=True, scenario="greeting"):
        raise ZeroDivisionError


def test_an_async_block_in_process() -> None:
    async def work() -> str:
        async with mockserver.start(in_process=True) as gateway:
            gateway.turn(reply="hi", pace={"first": "1h"})
            async with httpx.AsyncClient(transport=gateway.transport, base_url=gateway.url) as client:
                answer = await client.post("/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
            assert gateway.journal.last.exchange.outcome.seconds == 3600
            return str(answer.json()["content"][0]["text"])

    assert asyncio.run(work()) == "hi"


def test_a_gateway_with_a_socket_has_no_transport() -> None:
    with mockserver.start() as gateway, pytest.raises(OperatorError, match="in_process=True"):
        _ = gateway.transport


def test_the_same_bytes_in_every_run() -> None:
    def once(seed: int) -> bytes:
        with mockserver.start(seed=seed) as gateway:
            return post(gateway).content

    assert once(1) == once(1) != once(2)


def test_an_account_can_be_topped_up_and_drained() -> None:
    with mockserver.start(account={"credits": 3}) as gateway:
        assert gateway.account.credits == 3
        assert gateway.account.top_up(2) == 5
        assert gateway.account.drain() == 0
        assert post(gateway).status_code == 402


def test_a_session_without_an_account_has_no_credits() -> None:
    with mockserver.start() as gateway, pytest.raises(OperatorError, match="account="):
        _ = gateway.account.credits


def test_the_environment_is_set_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with mockserver.start() as gateway:
        gateway.patch_env()
        assert os.environ["OPENAI_API_KEY"] == os.environ["ANTHROPIC_API_KEY"] == gateway.key
    assert (os.environ["OPENAI_API_KEY"], "ANTHROPIC_API_KEY" in os.environ) == ("mine", False)


def test_chaos_ends_when_told() -> None:
    with mockserver.start(chaos={"rules": [{"error": {"status": 503}}]}) as gateway:
        assert post(gateway).status_code == 503
        assert post(gateway.chaos(None)).status_code == 200


def test_what_comes_later_is_waited_for() -> None:
    with mockserver.start() as gateway:
        client = threading.Thread(target=post, args=(gateway, "later"))
        client.start()
        assert [record.number for record in gateway.assert_eventually(text="later")] == [1]
        client.join()


def test_what_never_comes_is_told() -> None:
    with mockserver.start() as gateway, pytest.raises(mockserver.ClientError, match="No request came at all"):
        gateway.assert_eventually(timeout=0)


def test_played_turns_stay_played_when_one_is_added() -> None:
    with mockserver.start() as gateway:
        gateway.reply("a")
        assert "a" in post(gateway).text
        gateway.reply("b")
        assert post(gateway).json()["content"][0]["text"] == "b"
        gateway.play({"scenario": "test", "turns": [{"reply": "c"}]})
        assert post(gateway).json()["content"][0]["text"] == "c"


@pytest.mark.parametrize(("scenario", "code"), [("greeting", 0), ("tool-round-trip", 1)])
def test_a_suite_in_another_language_starts_it(scenario: str, code: int) -> None:
    command = [sys.executable, "-m", "mockserver", "start", "--scenario", scenario]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        told = orjson.loads(child.stdout.readline())
        assert told["env"]["ANTHROPIC_BASE_URL"] == told["url"]
        httpx.post(told["url"] + "/v1/messages", json=BODY, headers={"x-api-key": told["key"]})
        _, words = child.communicate()
    assert (child.returncode, b"matched nothing" in words) == (code, code == 1)
