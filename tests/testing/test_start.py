"""`mockserver.start`: the same gateway in a block, in process, and for a suite in another language."""

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import suppress
from fnmatch import fnmatch

import httpx
import httpx2
import openai
import orjson
import pytest
import trio

import mockserver
from mockserver.core.errors import OperatorError
from tests.support.posting import post

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


def test_a_block_is_lenient() -> None:
    with mockserver.start("greeting", lenient=True) as gateway:
        body = {"messages": BODY["messages"]}
        headers = {"authorization": f"Bearer {gateway.key}"}
        answer = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers)
        [record] = gateway.journal
        assert answer.status_code == 200
        assert record.call.operation.name == "chat"
        assert record.conversation is not None
        assert list(gateway.verdict().warnings) == [
            "provider: missing; taken as a request of /api/v1/chat/completions",
            "model: missing; answered by the plan's default model",
        ]


def test_an_error_in_the_block_is_what_is_told_and_what_happened_is_noted_beside_it() -> None:
    def fail() -> None:
        with mockserver.start() as gateway:
            gateway.error(503)
            post(gateway)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    [note] = caught.value.__notes__
    assert "gave-up-early (request 1)" in note
    assert "1. POST /v1/messages: user 'Hello'" in note


def test_an_async_block_in_process() -> None:
    async def work() -> str:
        async with mockserver.start(in_process=True) as gateway:
            gateway.turn(reply="hi", pace={"first": "1h"})
            async with httpx.AsyncClient(transport=gateway.transport, base_url=gateway.url) as client:
                answer = await client.post("/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
            assert gateway.journal.last.exchange.outcome.seconds == 3600
            return str(answer.json()["content"][0]["text"])

    assert asyncio.run(work()) == "hi"


def test_todays_sdks_are_served_in_process_by_the_transport_of_their_own_library() -> None:
    async def work() -> str:
        async with mockserver.start(in_process=True) as gateway:
            gateway.reply("hi")
            transport = httpx2.ASGITransport(app=gateway.app)
            http = openai.DefaultAsyncHttpxClient(transport=transport)
            async with openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=gateway.key, http_client=http) as client:
                chat = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
            await gateway.eventually(1, last="user")
            return str(chat.choices[0].message.content)

    assert asyncio.run(work()) == "hi"


def test_in_process_under_trio_is_refused_with_the_remedy() -> None:
    async def work() -> None:
        async with mockserver.start(in_process=True) as gateway:
            _ = gateway.transport

    with pytest.raises(OperatorError, match="under trio, omit in_process=True"):
        trio.run(work)


@pytest.mark.parametrize("name", ["transport", "app"])
def test_a_gateway_with_a_socket_has_no_transport(name: str) -> None:
    with mockserver.start() as gateway, pytest.raises(OperatorError, match="in_process=True"):
        getattr(gateway, name)


def test_a_full_journal_is_told_and_hides_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.testing.server_thread.MOST_EXCHANGES", 2)

    def ask(times: int, *, allowed: bool = False, error: type[Exception] | None = None) -> None:
        with mockserver.start() as gateway:
            for _ in range(times):
                post(gateway)
            if allowed:
                gateway.allow_unmatched()
            if error is not None:
                raise error

    ask(2)
    with pytest.raises(mockserver.ClientError, match=r"dropped 1 of 3.*call gateway.allow_unmatched"):
        ask(3)
    ask(3, allowed=True)
    with pytest.raises(ZeroDivisionError):
        ask(3, error=ZeroDivisionError)
    with mockserver.start() as gateway:
        for _ in range(3):
            post(gateway)
        with pytest.raises(OperatorError, match="dropped"):
            gateway.assert_called(times=3)
        gateway.allow_unmatched()


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


def test_a_reply_takes_its_blocks_one_by_one_or_as_a_list() -> None:
    blocks: list[object] = ["Let me see.", {"tool_use": {"name": "read", "input": {}}}]
    with mockserver.start() as gateway:
        gateway.reply(*blocks).reply(blocks)
        answers = [post(gateway).json()["content"] for _ in range(2)]
    assert [[block["type"] for block in content] for content in answers] == [["text", "tool_use"]] * 2


def test_the_remedy_for_a_missing_account_fits_every_way_to_start() -> None:
    ways = r"@pytest.mark.gateway\(account=.* mockserver.start, or write `account: {credits: 3}`"
    with mockserver.start() as gateway, pytest.raises(OperatorError, match=ways):
        gateway.account.drain()


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


MINE = {"chaos": "mine", "rules": [{"error": {"status": 503}}]}


@pytest.mark.parametrize(
    ("profile", "draw"),
    [
        ("cold-start", "cold-start/1: * error 503"),
        (MINE, "mine/1: * error 503"),
        ({"rules": MINE["rules"]}, "test/1: *"),
    ],
    ids=["shipped", "named", "unnamed"],
)
def test_chaos_is_reported_by_its_name(profile: str | dict[str, object], draw: str) -> None:
    with mockserver.start(chaos=profile) as gateway:
        assert post(gateway).status_code == 503
        assert fnmatch(gateway.journal.last.draws[0], draw)


def test_what_comes_later_is_waited_for() -> None:
    with mockserver.start() as gateway:
        client = threading.Thread(target=post, args=(gateway, "later"))
        client.start()
        assert [record.number for record in gateway.assert_eventually(text="later")] == [1]
        client.join()


def test_what_never_comes_is_told() -> None:
    with mockserver.start() as gateway, pytest.raises(mockserver.ClientError, match="No requests were recorded"):
        gateway.assert_eventually(timeout=0)


def test_played_turns_stay_played_when_one_is_added() -> None:
    with mockserver.start() as gateway:
        gateway.reply("a")
        assert "a" in post(gateway).text
        gateway.reply("b")
        assert post(gateway).json()["content"][0]["text"] == "b"
        gateway.play({"scenario": "test", "turns": [{"reply": "c"}]})
        assert post(gateway).json()["content"][0]["text"] == "c"


@pytest.mark.process
@pytest.mark.parametrize(("scenario", "code"), [("greeting", 0), ("tool-round-trip", 1)])
def test_a_suite_in_another_language_starts_it(scenario: str, code: int) -> None:
    command = [sys.executable, "-m", "mockserver", "start", "--scenario", scenario]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        started = orjson.loads(child.stdout.readline())
        assert started["env"]["ANTHROPIC_BASE_URL"] == started["url"]
        httpx.post(started["url"] + "/v1/messages", json=BODY, headers={"x-api-key": started["key"]})
        _, words = child.communicate()
    assert (child.returncode, b"matched nothing" in words) == (code, code == 1)


def test_a_server_whose_feed_is_read_ends_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    with mockserver.start(control=True) as gateway:
        headers = {"authorization": f"Bearer {gateway.token}"}
        client = httpx.Client(base_url=gateway.url, headers=headers, timeout=None)
        feed = client.send(client.build_request("GET", "/_mock/traffic"), stream=True)
        assert feed.status_code == 200
    with suppress(httpx.RemoteProtocolError):  # it is cut, if it did not end first
        feed.read()
    client.close()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
