"""Held streams: answers of a test's session that the fault `hold` has stopped, found and released by the test.

Being held is an event that a test can wait for, so it needs no sleep to reach the middle of a stream.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mockserver.journal.verify import ClientError
from mockserver.server.traffic import LiveAnswer
from mockserver.testing.server_thread import ServerThread

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""

T = TypeVar("T")


def wait_until_held(server: ServerThread, session: str, timeout: float) -> LiveAnswer:
    """Return the oldest held answer of a session; wait for one. Raises `ClientError` after `timeout` seconds."""

    def find() -> LiveAnswer | None:
        live = list(server.app.traffic.live.values())  # a copy: the server's thread changes it
        own = [answer for answer in live if answer.decision.note.session == session]
        return next((answer for answer in own if answer.delivery.is_held), None)

    if not server.wait(lambda: find() is not None, timeout):
        raise ClientError(
            f"No answer was held back within {timeout:g} s. Is there a turn with the fault `hold`, and was it played?"
        )
    answer = find()
    assert answer is not None, "only this thread releases it"
    return answer


def release_events(server: ServerThread, live: LiveAnswer, events: int | None) -> None:
    """Let this number of a held answer's events through, or all if it is None."""

    async def work() -> None:
        gate = live.delivery.gate
        if events is None:
            gate.open()
        else:
            gate.admit(events)

    server.runner.run(work())


async def run_in_thread(work: Callable[[], T]) -> T:
    """Run a function that waits in another thread, so that the caller's loop, asyncio's or trio's, continues."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        result: Awaitable[T] = trio.to_thread.run_sync(work)
        return await result
    return await asyncio.to_thread(work)
