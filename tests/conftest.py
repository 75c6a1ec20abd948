"""What every test runs under: one profile for properties, and the golden files."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import httpcore  # noqa: F401 - loaded before pytest runs in pytest, which forgets what it loads
import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.leaks", "tests.support.measured", "tests.support.process_guard", "tests.support.tls"]

GOLDEN = Path(__file__).parent / "golden"

Golden: TypeAlias = Callable[[str, bytes], None]
"""Compares bytes with the golden file of that name."""

# No wall clock decides about a test, and the same tree gives the same run.
settings.register_profile("same every time", deadline=None, derandomize=True)
settings.register_profile("quick", settings.get_profile("same every time"), max_examples=10)
settings.load_profile("same every time")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write tests/golden anew from what the code says.")


def pytest_configure() -> None:
    """Give the processes that tests start the usual SIGHUP: under `nohup` they would inherit that it is ignored."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)  # a handler, unlike "ignored", does not outlive exec


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare bytes with a golden file; with --update-golden, write the file instead."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, found: bytes) -> None:
        file = GOLDEN / name
        if update:
            file.write_bytes(found)
        assert file.is_file(), f"there is no golden file {name}; write it with pytest --update-golden"
        assert found.decode() == file.read_bytes().decode(), f"{name} is not what the code says now"

    return compare


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose name holds the address of an object: each worker of xdist would collect another test."""
    named = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if named:
        raise pytest.UsageError(f"give the cases `ids`: {named[0][:200]}")
