"""Workers: which of their deaths end the server. What signals do is in test_processes."""

import os
import signal
import socket

import pytest

from mockserver.core.errors import OperatorError
from mockserver.server import workers
from mockserver.server.asgi import Gateway
from mockserver.server.workers import MOST_FAILED_STARTS, WINDOW, FailedStarts


class Clock:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_workers_that_have_served_may_die_for_ever() -> None:
    deaths = FailedStarts(Clock())
    assert {deaths.are_too_many(has_served=True) for _ in range(1000)} == {False}


def test_deaths_at_the_start_are_counted_in_a_window() -> None:
    clock = Clock()
    deaths = FailedStarts(clock)
    for _ in range(10 * MOST_FAILED_STARTS):
        clock.now += WINDOW / 10
        assert not deaths.are_too_many(has_served=False)
    quick = [deaths.are_too_many(has_served=False) for _ in range(MOST_FAILED_STARTS)]
    assert (quick[0], quick[-1]) == (False, True)


@pytest.mark.process
def test_workers_that_cannot_start_end_the_server(capfd: pytest.CaptureFixture[str]) -> None:
    """Run in a child of its own: the parent of workers waits for every child of its process."""

    def make(number: int) -> Gateway:
        os._exit(7)

    child = os.fork()
    if not child:
        code = 1
        try:
            with socket.create_server(("127.0.0.1", 0)) as sock:
                workers.run(make, sock, 2)
        except OperatorError as error:
            os.write(2, str(error).encode())
            code = 3
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    assert capfd.readouterr().err == "workers keep dying before they serve (status 7); see their output"


@pytest.mark.parametrize(
    ("handler", "kept"), [(signal.SIG_IGN, signal.SIG_IGN), (signal.SIG_DFL, signal.default_int_handler)]
)
def test_a_hang_up_stays_ignored_under_nohup(handler: signal.Handlers, kept: object) -> None:
    from mockserver.server.uvicorn import handle_ends

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGHUP, handler)
    try:
        handle_ends(signal.default_int_handler)
        assert signal.getsignal(signal.SIGHUP) == kept
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)


def test_one_worker_needs_no_store() -> None:
    workers.check(1, None)
    with pytest.raises(OperatorError, match="--workers 2 needs a shared store"):
        workers.check(2, None)
