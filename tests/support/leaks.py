"""A plugin of the suite: what a test leaves to the garbage collector fails that test, not a later one.

A socket or client that nobody closes warns (`ResourceWarning`) when it is collected. Many are part of a reference
cycle, so that happens at some later collection, in some other test. So garbage is collected at the end of every module,
and of every test that opened a socket or started a process.

Collecting takes time for each object that is alive, so what a module leaves alive is frozen at its end: no collection
looks at it before the end of the run, where it fails the last test. Within a module nothing is frozen: what outlived
its test may be garbage at the module's end.
"""

import gc
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest

_opened = False
"""Did the test that runs now open a socket, or start a process, in any of its threads?"""


def _noted(start: Callable[..., None]) -> Callable[..., None]:
    @wraps(start)
    def note(*args: Any, **options: Any) -> None:
        global _opened
        _opened = True
        start(*args, **options)

    return note


@pytest.fixture(scope="session", autouse=True)
def watched_resources() -> Iterator[None]:
    """Note each socket that is opened or accepted, and each process that is started; at the end, collect everything."""
    with pytest.MonkeyPatch.context() as patch:
        for opener in (socket.socket, subprocess.Popen):
            patch.setattr(opener, "__init__", _noted(opener.__init__))
        yield
    gc.unfreeze()  # what outlived its module may be garbage now
    _freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Freeze what is alive at the end: imported modules and collected tests live to the end of the run."""
    gc.disable()  # it would look again and again at what only grows
    try:
        return (yield)
    finally:
        gc.enable()
        _freeze()


@pytest.fixture(scope="module", autouse=True)
def module_leaves_nothing_open() -> Iterator[None]:
    """Collect garbage after the module's own fixtures have ended; pytest adds what is left to the last test."""
    yield
    _freeze()


@pytest.fixture(autouse=True)
def leaves_nothing_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect garbage after the other fixtures of a test have ended, if it can have left something open."""
    global _opened
    _opened = False
    yield
    request.node.funcargs.clear()  # else they keep alive what fixtures have returned, until the next test
    if _opened:
        gc.collect()


def _freeze() -> None:
    """Collect garbage, and freeze what is alive."""
    gc.collect()
    gc.freeze()
