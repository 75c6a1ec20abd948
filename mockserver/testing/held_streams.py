"""Holding: answers of a test's session that are held back, found from the test's own thread, and let go on.

A stream is held where its turn has the fault `hold`. That moment is an event: nobody sleeps to reach it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mockserver.journal.verify import ClientError
from mockserver.server.traffic import LiveAnswer
from mockserver.testing.server_thread import ServerThread

__tracebackhide__ = True
"""A failing test shows its own line, not ours (pytest looks for this name)."""

T = TypeVar("T")


def held(host: ServerThread, session: str, timeout: float) -> LiveAnswer:
    """The oldest answer of a session that is held back; waits for one. Raises `ClientError` if none is in time."""

    def find() -> LiveAnswer | None:
        live = list(host.app.traffic.live.values())
        return next((one for one in live if one.decision.note.session == session and one.delivery.waits), None)

    if not host.wait(lambda: find() is not None, timeout):
        raise ClientError(
            f"No answer was held back within {timeout:g} s. Is there a turn with the fault hold, and was it played?"
        )
    found = find()
    assert found is not None, "only this thread lets it go on"
    return found


def let_go(host: ServerThread, live: LiveAnswer, events: int | None) -> None:
    """Let so many events of it through, or all."""

    async def work() -> None:
        valve = live.delivery.valve
        if events is None:
            valve.open()
        else:
            valve.let(events)

    host.link.run(work())


async def aside(work: Callable[[], T]) -> T:
    """Do what waits without holding up the caller's own loop, asyncio's or trio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        found: Awaitable[T] = trio.to_thread.run_sync(work)
        return await found
    return await asyncio.to_thread(work)
