"""What is computed from the arrivals of paced streams."""

import socket

import pytest

from benchmarks.paced import FIRST, INTERVAL, summed_up
from benchmarks.paced_client import Opened, PacedRun


@pytest.fixture
def stream() -> Opened:
    """Return a stream whose deltas are added by the test."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = Opened(server.getsockname()[1])
        opened.sock.close()
        return opened


def arrive(stream: Opened, *errors: float) -> None:
    """Let a delta come for each error, that many milliseconds late."""
    stream.sent = 100.0
    stream.arrivals = [100.0 + FIRST + INTERVAL * n + error / 1_000 for n, error in enumerate(errors)]


def test_lateness_counts_from_the_request_and_drift_from_the_first_delta(stream: Opened) -> None:
    arrive(stream, 50.0, 50.0, 50.0)
    result = summed_up(PacedRun([stream], 30.0, 0.0))
    assert result.late == pytest.approx(50.0)
    assert result.drift == pytest.approx(0.0, abs=1e-6)
    assert result.cpu == pytest.approx(10.0)


def test_streams_that_did_not_end_or_never_began_are_counted(stream: Opened) -> None:
    stream.ended = True
    arrive(stream, 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = Opened(server.getsockname()[1])
        silent.sock.close()
    result = summed_up(PacedRun([stream, silent], 0.0, 0.5))
    assert result.ended == 50.0
    assert result.memory == 256.0
