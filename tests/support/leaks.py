"""A plugin of the suite: what a test leaves to the garbage collector fails that test, not a later one.

A socket or client that nobody closes warns (`ResourceWarning`) when it is collected. Many are part of a reference
cycle, so that happens at some later collection, in some other test. So garbage is collected at the end of every module,
and of every test that opened a socket or started a process.

Collecting takes time for each object that is alive, so what has survived a collection is frozen: the next one does not
look at it. A module that opened something ends with a collection of everything, frozen or not: what outlived its test
may be garbage by then.
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

_module_opened = False
"""Did the module that runs now, in a test or a fixture?"""


def _noted(start: Callable[..., None]) -> Callable[..., None]:
    @wraps(start)
    def note(*args: Any, **options: Any) -> None:
        global _opened, _module_opened
        _opened = _module_opened = True
        start(*args, **options)

    return note


@pytest.fixture(scope="session", autouse=True)
def watched_resources() -> Iterator[None]:
    """Note each socket that is opened or accepted, and each process that is started."""
    with pytest.MonkeyPatch.context() as patch:
        for opener in (socket.socket, subprocess.Popen):
            patch.setattr(opener, "__init__", _noted(opener.__init__))
        yield


def pytest_collection_finish(session: pytest.Session) -> None:
    """Freeze what is alive: imported modules and collected tests live to the end of the run."""
    _collect()


@pytest.fixture(scope="module", autouse=True)
def module_leaves_nothing_open() -> Iterator[None]:
    """Collect garbage after the module's own fixtures have ended; pytest adds what is left to the last test."""
    global _module_opened
    _module_opened = False
    yield
    if _module_opened:
        gc.unfreeze()
    _collect()


@pytest.fixture(autouse=True)
def leaves_nothing_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect garbage after the other fixtures of a test have ended, if it can have left something open."""
    global _opened
    _opened = False
    yield
    request.node.funcargs.clear()  # else they keep alive what fixtures have returned, until the next test
    if _opened:
        _collect()


def _collect() -> None:
    gc.collect()
    gc.freeze()
