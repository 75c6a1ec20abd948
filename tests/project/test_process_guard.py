"""What a suite that starts processes does for them."""

import signal

import pytest

from tests.support import process_guard


def test_a_suite_in_the_background_takes_ctrl_c_as_its_processes_must(request: pytest.FixtureRequest) -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process_guard.pytest_configure(request.config)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
