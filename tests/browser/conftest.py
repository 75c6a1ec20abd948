"""A real headless Chromium, the system's, driven by Playwright; absent, every test here fails.

The fixtures are our own, not pytest-playwright's: its browser lives as long as the whole run, and Playwright's
synchronous interface keeps an event loop "running" in the test's thread for as long as it lives, under which every
`asyncio.run` of the other tests would fail. Ours lives while the tests of this folder run, so none of these may call
`asyncio.run` in its own thread. And ours watches: see `complaints`.

Nothing is intercepted with `page.route`: Playwright then answers preflights itself, and CORS would not be tested. What
keeps a page on this machine is Chromium's own resolver, which knows no other host.
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

CHROMIUM = "/usr/bin/chromium"
"""Debian's; CHROMIUM in the environment names another."""

PATIENCE = 30_000
"""Milliseconds that Playwright waits for what a test expects, on a machine that does other things too."""

# Playwright adds a new, empty user-data directory for each launch.
FLAGS = (
    "--no-sandbox",  # CI runs as root in a container, where Chromium's sandbox cannot be
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND" + "".join([f", EXCLUDE {host}" for host in sorted(LOOPBACK)]),
)


def executable() -> str:
    """Where Chromium is; its absence is a failure, never a skip."""
    named = os.environ.get("CHROMIUM", CHROMIUM)
    found = shutil.which(named)
    if found is None:
        pytest.fail(f"there is no {named}: install the package chromium, or name another in CHROMIUM", pytrace=False)
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, no storage, no cache."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[Complaints]:
    """What the browser complains of; what the test did not expect fails it."""
    complaints = Complaints(context)
    yield complaints
    problems = complaints.problems()
    if problems:
        pytest.fail("The browser complains:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def page(context: BrowserContext, complaints: Complaints) -> Page:
    """A page of a fresh profile, watched by `complaints`."""
    return context.new_page()


@pytest.fixture
def live(request: pytest.FixtureRequest) -> Iterator[GatewaySession]:
    """A gateway whose time passes, for a person or a page that does something meanwhile."""
    with mockserver.start(clock="real", name=request.node.nodeid) as gateway:
        yield gateway


@pytest.fixture
def site() -> Iterator[Callable[[Path], str]]:
    """Serve a folder on a port of its own until the test ends; gives the URL."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving(folder))


@pytest.fixture
def mock() -> Iterator[Mock]:
    """A mock of the test's own, with its page."""
    with mocking() as mock:
        yield mock
