"""One client of the soak: a keep-alive connection, one request at a time, every answer compared with the oracle's."""

import asyncio
from collections.abc import Iterator
from typing import cast

from tools.attack.http import HOST, PATIENCE, parsed
from tools.soak.oracle import Oracle, difference
from tools.soak.plan import SoakRequest

ENOUGH = 5
"""Differences after which the soak ends."""


class Tally:
    """What the clients share: how many requests are still to be sent, what came back, what was wrong."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.answers = 0
        self.left_early = 0
        self.statuses: dict[int, int] = {}
        self.failures: list[str] = []

    def take(self) -> bool:
        """Return whether there is another request to send, and count it as sent."""
        if self.left <= 0 or len(self.failures) >= ENOUGH:
            return False
        self.left -= 1
        return True


class _Reader(asyncio.Protocol):
    """A connection: `answer` ends with what has come when the answer is complete or the connection is gone."""

    def __init__(self) -> None:
        self.arrived = bytearray()
        self.is_lost = False
        self.leaves = False
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop has its own class

    def data_received(self, data: bytes) -> None:
        self.arrived += data
        if self.leaves or is_complete(self.arrived):
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._finish()

    def _finish(self) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    async def ask(self, asked: SoakRequest) -> bytes:
        """Send a request and return everything that came. Raises `TimeoutError`."""
        self.arrived.clear()
        self.leaves = asked.leaves
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(asked.raw())
        async with asyncio.timeout(PATIENCE):
            await self.answer
        return bytes(self.arrived)


def is_complete(arrived: bytearray) -> bool:
    """Return whether the whole answer has come. One that ends with its connection never is."""
    end = arrived.find(b"\r\n\r\n")
    if end < 0:
        return False
    place = arrived.find(b"\r\ncontent-length: ", 0, end)
    if place < 0:
        return arrived.endswith(b"\r\n0\r\n\r\n")
    place += 18
    return len(arrived) - end - 4 >= int(arrived[place : arrived.find(b"\r\n", place)])


async def converse(port: int, asks: Iterator[SoakRequest], oracle: Oracle, tally: Tally) -> None:
    """Send requests until there are none left, and compare each answer."""
    reader: _Reader | None = None
    while tally.take():
        asked = next(asks)
        if reader is None or reader.is_lost:
            reader = (await asyncio.get_running_loop().create_connection(_Reader, HOST, port))[1]
        try:
            came = await reader.ask(asked)
        except TimeoutError:
            tally.failures.append(f"no answer within {PATIENCE:g} s: {asked.path} {asked.body!r}")
            return
        if asked.leaves:
            reader.transport.abort()
            reader, tally.left_early = None, tally.left_early + 1
        answer = parsed(came)
        tally.answers += 1
        tally.statuses[answer.status] = tally.statuses.get(answer.status, 0) + 1
        wrong = difference(asked, oracle.expect(asked), answer.status, answer.body, answer.whole)
        if wrong is not None:
            tally.failures.append(wrong)
    if reader is not None:
        reader.transport.abort()
