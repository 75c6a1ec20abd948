"""A test that starts a process says so by `@pytest.mark.process`, so that `make quick` can leave it out.

A test without the mark that starts one fails. Tests under tests/browser and tests/clients start browsers and SDKs; they
get the mark by their folder.

A shell lets what it starts in the background ignore SIGINT, and so would every process that a test starts: one that is
sent Ctrl-C would never end. So the suite stops ignoring it.
"""

import platform
import signal
import subprocess
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from tests.support.selection import is_left_out

FOLDERS = ("tests/browser/", "tests/clients/")

_started: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Take SIGINT, also in the background: children inherit that a signal is ignored, but no handler."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def watched_processes() -> Iterator[None]:
    """Write down every process that is started in this one."""
    platform.processor()  # the SDKs ask for it, and the first time Python starts `uname`
    start = subprocess.Popen.__init__

    @wraps(start)
    def watch(self: subprocess.Popen[Any], args: Any, *rest: Any, **options: Any) -> None:
        _started.append(repr(args)[:100])
        start(self, args, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", watch)
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave them out before they are imported, if `-m` says `not process`."""
    return is_left_out(collection_path, config, "process", FOLDERS) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the folders that need browsers and SDKs."""
    for item in items:
        if item.nodeid.startswith(FOLDERS):
            item.add_marker(pytest.mark.process)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Forget what earlier tests started."""
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail a test that started a process without saying so."""
    yield
    if _started and item.get_closest_marker("process") is None:
        pytest.fail(f"this test starts a process ({_started[0]}): mark it with @pytest.mark.process", pytrace=False)
