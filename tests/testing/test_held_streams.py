"""Holding a stream from a test: it reaches the middle of a stream without sleeping."""

import anyio
import httpx
import pytest
from pydantic import JsonValue

from mockserver.journal.verify import ClientError
from mockserver.testing.gateway import GatewaySession
from tests.support.engine import HELLO, MESSAGES

STREAMED: dict[str, JsonValue] = {"model": "m", "max_tokens": 50, "stream": True, "messages": HELLO}


def test_a_stream_is_held_in_its_middle_and_let_go(gateway: GatewaySession) -> None:
    gateway.reply("one two three").fault("hold", at=5)
    with httpx.stream("POST", gateway.url + MESSAGES, json=STREAMED, headers={"x-api-key": gateway.key}) as answer:
        lines = answer.iter_lines()
        assert gateway.held() == 4
        before = [next(lines) for _ in range(12)]
        assert "one" in before[-2]
        gateway.release(1)
        assert gateway.held() == 5
        gateway.release()
        assert any("message_stop" in line for line in lines)
    assert [frames for frames, _ in gateway.journal.last.exchange.outcome.holds] == [4, 5]


def test_what_is_not_held_is_told(gateway: GatewaySession) -> None:
    with pytest.raises(ClientError, match="No answer was held back within 0 s"):
        gateway.held(timeout=0)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.anyio
async def test_an_async_test_holds_a_stream_without_holding_up_its_loop(gateway: GatewaySession) -> None:
    gateway.reply("one two three").fault("hold", at=4)
    texts: list[str] = []

    async def read() -> None:
        async with (
            httpx.AsyncClient(headers={"x-api-key": gateway.key}) as client,
            client.stream("POST", gateway.url + MESSAGES, json=STREAMED) as answer,
        ):
            texts.append("".join([line async for line in answer.aiter_lines()]))

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        assert await gateway.until_held() == 3
        assert texts == []
        gateway.release()
    assert "message_stop" in texts[0]
