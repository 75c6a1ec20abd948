"""What long commands share in CI: a job that is ended leaves its reports, and the page of a job gets a summary."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mockserver.core.errors import OperatorError


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM interrupt the block with a `KeyboardInterrupt` that names it."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():  # no other thread may set a handler
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def append_summary(content: str) -> None:
    """Add the summary to the page of the job, if GitHub Actions names a file for it."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as summary:
                summary.write(content)
        except OSError as error:
            raise OperatorError(f"{file}: cannot be written: {error.strerror}") from None
