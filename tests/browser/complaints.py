"""A browser's complaints during a test: uncaught errors, console errors, requests to other hosts.

Chromium also reports violations of the Content Security Policy and statuses from 400 as console errors. An unexpected
complaint fails the test, and so does an expected one that does not occur.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""The only hosts that a page may contact."""

FETCHED = frozenset({"http", "https", "ws", "wss"})
"""Schemes that use the network, unlike `data:` and `blob:`."""


class Complaints:
    """The complaints of all pages of one browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._heard: list[str] = []
        self._expected: list[str] = []
        self._tolerated: list[str] = []
        context.on("weberror", self._hear_error)
        context.on("console", self._hear_console)
        context.on("request", self._hear_request)
        context.on("page", lambda page: page.on("crash", self._hear_crash))

    def expect(self, *parts: str) -> None:
        """Expect complaints that contain these parts: at least one for each."""
        self._expected += parts

    def expect_status(self, *statuses: int) -> None:
        """Expect responses with these statuses; Chromium reports each as an error."""
        self.expect(*[f"responded with a status of {status}" for status in statuses])

    def tolerate(self, *parts: str) -> None:
        """Ignore complaints that contain these parts; timing decides whether they occur."""
        self._tolerated += parts

    def problems(self) -> list[str]:
        """Return the unexpected complaints, then the expected ones that did not occur."""
        for page in self._context.pages:
            page.title()  # a round trip, after which all earlier events have arrived
        known = (*self._expected, *self._tolerated)
        loud = [heard for heard in self._heard if not any(part in heard for part in known)]
        mute = [part for part in self._expected if not any(part in heard for heard in self._heard)]
        return [*loud, *[f"did not occur: {part}" for part in mute]]

    def _hear_error(self, error: WebError) -> None:
        self._heard.append(f"uncaught: {error.error.stack or error.error.message}")

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self._heard.append(f"console: {message.text} ({place['url']}:{place['lineNumber'] + 1})")

    def _hear_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in FETCHED and url.hostname not in LOOPBACK:
            self._heard.append(f"asked for another host: {request.method} {request.url}")

    def _hear_crash(self, page: Page) -> None:
        self._heard.append(f"crashed: {page.url}")
