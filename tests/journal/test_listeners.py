"""Guarded calls: a listener that raises is logged once, and nothing else happens."""

import logging

import pytest

from mockserver.journal.listeners import GuardedCalls


class Listener:
    """A listener with a method, and one that can be called."""

    def heard(self, what: str) -> None:
        raise ValueError(what)

    def __call__(self, what: str) -> None:
        raise IndexError(what)


def test_each_failing_listener_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    calls = GuardedCalls()
    for _ in range(3):
        calls.call(Listener().heard, "one")
        calls.call(Listener(), "two")
    assert [(record.levelno, record.exc_info is not None) for record in caplog.records] == [(logging.ERROR, True)] * 2
    first, second = (record.getMessage() for record in caplog.records)
    assert first == f"the listener {__name__}.Listener.heard failed; its later failures are not logged"
    assert second == f"the listener {__name__}.Listener failed; its later failures are not logged"


def test_a_listener_that_works_is_called_with_its_arguments(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[int, str]] = []
    GuardedCalls().call(lambda number, text: heard.append((number, text)), 1, "a")
    assert (heard, caplog.records) == ([(1, "a")], [])


def test_a_log_that_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(logging.getLogger("mockserver"), "error", fail)
    GuardedCalls().call(Listener(), "one")


def test_an_interrupt_is_no_failure_of_a_listener() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GuardedCalls().call(interrupted)
