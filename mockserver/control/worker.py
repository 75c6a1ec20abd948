"""Threads for the slow work of the control API, so that the gateway's event loop goes on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mockserver.core.errors import MockserverError

T = TypeVar("T")

MOST_JOBS = 16
"""Jobs of one worker, the running one included; a call that would add another is refused."""


STOPPING = "the mock is stopping"


class BusyError(MockserverError):
    """Too much slow work waits already, or the mock is stopping: 503."""


class Worker:
    """A thread that does one job at a time, in the order in which they come."""

    def __init__(self, name: str, most_jobs: int = MOST_JOBS) -> None:
        self._executor = ThreadPoolExecutor(1, name)
        self._most_jobs = most_jobs
        self._jobs = 0
        self._is_closed = False

    async def run(self, job: Callable[[], T]) -> T:
        """Return the result of a job. Raise `BusyError` if too many wait or it was dropped, and what the job raises."""
        self._check_room()
        self._jobs += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, job)
        future.add_done_callback(self._done)
        try:
            return await future
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._is_closed and task is not None and not task.cancelling():
                raise BusyError(STOPPING) from None  # `close` has dropped the job; nobody has cancelled its caller
            raise

    def _check_room(self) -> None:
        if self._is_closed:
            raise BusyError(STOPPING)
        if self._jobs >= self._most_jobs:
            raise BusyError("the mock is busy with other calls of this kind; try again in a second")

    def _done(self, future: "asyncio.Future[T]") -> None:
        self._jobs -= 1

    def close(self) -> None:
        """Drop the jobs that wait, and take no more; the running one ends by itself."""
        self._is_closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)
