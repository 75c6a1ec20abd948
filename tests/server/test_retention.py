"""A server keeps nothing of a request but its exchange in the journal, however it came and however it ended.

What is kept by mistake may be out of the garbage collector's sight, so the interpreter's memory blocks are counted.
Each request comes on a connection of its own and with a header that no other has.
"""

import asyncio
import gc
import sys

import pytest

from mockserver.accounts.session import start_clock
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.log import Journal
from mockserver.server.asgi import Gateway
from mockserver.server.httptools_parser import HttptoolsParser
from mockserver.server.stores.memory import MemoryStore
from tests.server.test_outlets import REQUESTS
from tests.support.engine import NOW, contract, turns
from tests.support.memory_connection import Line

BEFORE, COUNT = 10, 10
"""Requests after which the journal is full, and requests that are counted."""
HEADS = 10_000
"""Bytes in which the heads of a piece are. A body of 200 MB is neither looked through nor copied for each request."""
MOST = 5
"""Blocks of one request that may stay: a bounded cache remembers its texts. A head alone has more than thirty."""


def gateway(text: str) -> Gateway:
    """Return a gateway that plays these turns and keeps one exchange."""
    script = turns(text)
    engine = Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name))
    store = MemoryStore(clock=start_clock(NOW, True))
    return Gateway(engine, store=store, clock=FixedClock(NOW), journal=Journal(most=1))


async def ask(served: Gateway, pieces: list[bytes], number: int) -> None:
    """Send a request on a new connection, and let the client leave when it was answered."""
    line = Line(HttptoolsParser, app=served)
    for piece in pieces:
        await line.feed(piece if len(piece) > HEADS else piece.replace(b"host: x", b"host: x%06d" % number))
    while served.traffic.live:
        await asyncio.sleep(0)
    if line.state.connections:
        line.protocol.connection_lost(None)
    await line.settle()
    line.transport.abort()
    for task in line.state.tasks:
        task.cancel()


@pytest.mark.parametrize("case", REQUESTS)
def test_nothing_is_kept_of_a_request(case: str) -> None:
    text, whole = REQUESTS[case]
    pieces = [part for piece in whole for part in (piece[:HEADS], piece[HEADS:]) if part]
    served = gateway(text)

    async def main() -> int:
        blocks = []
        for numbers in (range(BEFORE), range(BEFORE, BEFORE + COUNT)):
            for number in numbers:
                await ask(served, pieces, number)
            len(served.journal)
            gc.collect()
            blocks.append(sys.getallocatedblocks())
        return blocks[1] - blocks[0]

    grown = asyncio.run(main())
    assert grown < MOST * COUNT, f"{grown / COUNT:.1f} blocks are kept of each request"
