"""A proxy that breaks things on purpose between a server and its Redis: late, half-open, cut, in drops.

It runs in a thread of its own. What it does is changed while connections are open, and holds for those that are.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["pass", "late", "deaf", "mute", "cut", "drops"]
"""`late`: each piece waits; `deaf`: what the client says is lost; `mute`: what Redis says is lost, though it has done
what it was told; `cut`: connections are reset and new ones closed; `drops`: one byte at a time."""

LATE = 0.02
"""Seconds that a late piece waits."""


class FaultProxy:
    """The proxy. `port` is where it listens."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._mode: Mode = "pass"
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_over = asyncio.Event()
        self._listens = threading.Event()

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._listens.wait(10)

    def stop(self) -> None:
        """Close everything."""
        self.set("cut")
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    def set(self, mode: Mode) -> None:
        """Do this from now on; returns when it holds."""
        asyncio.run_coroutine_threadsafe(self._set(mode), self._loop).result(10)

    async def _set(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "cut":
            for writer in list(self._writers):
                writer.transport.abort()

    async def _listen(self) -> None:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._listens.set()
            await self._is_over.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode == "cut":
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back, "deaf"), self._pump(there, writer, "mute"))
        finally:
            self._writers -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: Mode) -> None:
        """Carry bytes one way, as the present mode says."""
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                if self._mode == lost:
                    continue
                if self._mode == "late":
                    await asyncio.sleep(LATE)
                if self._mode == "drops":
                    for place in range(len(piece)):
                        writer.write(piece[place : place + 1])
                        await asyncio.sleep(0)
                else:
                    writer.write(piece)
                await writer.drain()
        writer.transport.abort()


@contextmanager
def proxied(target: int) -> Iterator[FaultProxy]:
    """Yield a proxy before a port for as long as the block lasts."""
    proxy = FaultProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
