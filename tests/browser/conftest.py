"""The system's headless Chromium, driven by Playwright; without it every test here fails.

These fixtures replace pytest-playwright's, whose browser lives for the whole run. While it lives, Playwright's
synchronous API keeps an event loop running in the test's thread, so `asyncio.run` would fail in all other tests. Our
browser lives only while the tests of this folder run; none of them may call `asyncio.run` in its own thread. Our
fixtures also report errors in pages, see `complaints`.

The tests do not use `page.route`: Playwright would then answer preflights itself, and CORS would not be tested.
Chromium's resolver rules keep pages on this machine.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import mockserver
from mockserver import GatewaySession
from tests.browser.complaints import LOOPBACK, Complaints
from tests.browser.mock import Mock, mocking
from tests.browser.site import serving

CHROMIUM = ("chromium-headless-shell", "chromium")
"""Debian's names. The shell draws no windows, so it takes a third of the time. The environment variable
CHROMIUM names another."""

PATIENCE = 30_000
"""Milliseconds that Playwright waits for an expectation, also on a busy machine."""

# Playwright adds a new, empty user-data directory for each launch.
FLAGS = (
    "--no-sandbox",  # CI runs as root in a container, where Chromium's sandbox does not work
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND" + "".join([f", EXCLUDE {host}" for host in sorted(LOOPBACK)]),
)


def executable() -> str:
    """Return the path of Chromium; fail the test if there is none."""
    names = (os.environ["CHROMIUM"],) if "CHROMIUM" in os.environ else CHROMIUM
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        message = f"there is no {names[0]}: install the package {CHROMIUM[0]}, or name another in CHROMIUM"
        pytest.fail(message, pytrace=False)
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder first and without others between them, or each group of them starts a browser."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/browser/"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for all tests of this folder."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Yield a fresh profile without cookies, storage or cache."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[Complaints]:
    """Yield the browser's complaints; unexpected ones fail the test."""
    complaints = Complaints(context)
    yield complaints
    problems = complaints.problems()
    if problems:
        pytest.fail("The browser complains:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def page(context: BrowserContext, complaints: Complaints) -> Page:
    """Return a page of a fresh profile, watched by `complaints`."""
    return context.new_page()


@pytest.fixture
def live(request: pytest.FixtureRequest) -> Iterator[GatewaySession]:
    """Yield a gateway with a real clock, for pages that act while time passes."""
    with mockserver.start(clock="real", name=request.node.nodeid) as gateway:
        yield gateway


@pytest.fixture
def site() -> Iterator[Callable[[Path], str]]:
    """Yield a function that serves a folder on its own port until the test ends, and returns its URL."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving(folder))


@pytest.fixture
def mock() -> Iterator[Mock]:
    """Yield a mock with its page."""
    with mocking() as mock:
        yield mock
