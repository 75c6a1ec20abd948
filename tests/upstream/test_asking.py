"""A request of our own to an upstream: the exchange comes back, whatever the upstream does."""

import asyncio
import socket

import pytest

from mockserver.engine.request import Request
from mockserver.recording.exchange import RecordedExchange
from mockserver.upstream.address import upstream_at
from mockserver.upstream.asking import asking
from mockserver.upstream.passthrough import PassThrough
from tests.gate.support import closed_port
from tests.support.engine import KEY
from tests.support.sockets import serving
from tests.upstream.support import HEAD, chunk, raw_upstream

REQUEST = Request("GET", "/api/v1/models", KEY, query="limit=1")


def asked(url: str) -> tuple[RecordedExchange, str]:
    async def run() -> tuple[RecordedExchange, str]:
        passthrough = PassThrough(upstream_at(url, allow_private=True), lambda exchange, skipped: None)
        try:
            return await asking(passthrough)(REQUEST)
        finally:
            await passthrough.aclose()

    return asyncio.run(run())


def test_the_answer_comes_back_as_it_was_recorded() -> None:
    with serving("  - {when: {operation: models}, response: {body: {data: []}}}\n") as upstream:
        exchange, reason = asked(upstream.url)
    assert (exchange.status, exchange.payload, exchange.query, reason) == (200, b'{"data":[]}', "limit=1", "")


def test_an_upstream_that_dies_in_mid_stream_is_told_by_the_end_of_the_exchange() -> None:
    def die(sock: socket.socket, request: bytes) -> None:
        sock.sendall(HEAD + chunk(b"data: {}\n\n"))

    with raw_upstream(die) as url:
        exchange, reason = asked(url)
    assert (exchange.status, exchange.ended, reason) == (200, "closed", "")


@pytest.mark.parametrize("kind", ["garbage", "nobody"])
def test_an_upstream_that_cannot_be_asked_has_a_reason(kind: str) -> None:
    if kind == "nobody":
        assert asked(f"http://127.0.0.1:{closed_port()}")[1].startswith("The upstream cannot be reached")
        return
    with raw_upstream(lambda sock, request: sock.sendall(b"\x00\x01 no http at all\r\n\r\n")) as url:
        assert asked(url)[1].startswith("The upstream does not speak HTTP")
