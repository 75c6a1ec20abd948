"""What a browser complains of while a test runs: errors that nobody caught, the console's errors, foreign hosts.

A violation of a page's Content Security Policy and an answer with status 400 or more are errors of the console too,
in Chromium's own words. What a test does not expect fails it, and so does what it expects in vain.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""The only hosts that a page may ask for anything."""

FETCHED = frozenset({"http", "https", "ws", "wss"})
"""Schemes that leave the browser; `data:` and `blob:` do not."""


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
        """Expect answers with these statuses, each of which Chromium reports as an error of its own."""
        self.expect(*[f"responded with a status of {status}" for status in statuses])

    def tolerate(self, *parts: str) -> None:
        """Let complaints that contain these parts be: whether they come is a matter of moments."""
        self._tolerated += parts

    def problems(self) -> list[str]:
        """What was heard and not expected, then what was expected and not heard."""
        for page in self._context.pages:
            page.title()  # a round trip: what the browser has said by now has been heard
        known = (*self._expected, *self._tolerated)
        loud = [heard for heard in self._heard if not any(part in heard for part in known)]
        mute = [part for part in self._expected if not any(part in heard for heard in self._heard)]
        return [*loud, *[f"never came: {part}" for part in mute]]

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
