"""A plugin of the suite: what a test leaves to the garbage collector fails that test, not a later one.

A socket or client that nobody closes warns (`ResourceWarning`) when it is collected. Many are part of a reference
cycle, so that happens at some later collection, in some other test. So garbage is collected at the end of every module,
and of every test in the folders that open sockets.

Collecting costs some 5 ms a time (45 ms without freezing): what is alive when the tests begin, or survives a module, is
frozen, so no collection looks at it.
"""

import gc
from collections.abc import Iterator

import pytest

EACH_TEST = frozenset({"browser", "clients", "control", "docs", "server", "testing", "upstream"})
"""The folders in which garbage is collected after each test."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Freeze what is alive: imported modules and collected tests live to the end of the run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def module_leaves_nothing_open() -> Iterator[None]:
    """Collect garbage after the module's own fixtures have ended; pytest adds what is left to the last test."""
    yield
    gc.collect()
    gc.freeze()  # what survives a module (caches, the server of the session) survives the run


@pytest.fixture(autouse=True)
def leaves_nothing_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect garbage after the other fixtures of a test have ended, where tests open sockets."""
    yield
    request.node.funcargs.clear()  # else they keep alive what fixtures have returned, until the next test
    if request.path.parent.name in EACH_TEST:
        gc.collect()
