"""An example app in a browser, as a client of the exam: `python chat_page.py FOLDER PATH`.

It serves FOLDER, opens PATH in Chromium with base URL and key, says one thing, and waits until the answer is over. An
alert on the page is the failure that the app reports.
"""

import os
import shutil
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Page, sync_playwright

PATIENCE = 60_000
"""Milliseconds that an answer may take; the exam ends the program before that."""


IS_OVER = """() => {
  const log = document.querySelector("[role=log]");
  const alert = document.querySelector("[role=alert]").textContent.trim();
  return log.getAttribute("aria-busy") !== "true" && (alert || log.querySelector(".message.assistant"));
}"""
"""True when the app has shown an answer or an alert, and waits for nothing more."""


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def converse(page: Page, url: str) -> str:
    """Say one thing to the app; return what it alerts its reader to, or ""."""
    base, key = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"]
    page.goto(f"{url}?base={base}&key={key}")
    box = page.get_by_label("Message", exact=True)
    box.fill("What does /tmp/test.txt say?")
    box.press("Enter")
    page.wait_for_function(IS_OVER, timeout=PATIENCE)
    print(page.get_by_role("log").inner_text())
    return page.get_by_role("alert").inner_text().strip()


def main(folder: str, path: str) -> None:
    """Serve the app, use it, and end with its alert."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        alert = converse(browser.new_page(), f"http://127.0.0.1:{server.server_port}/{path}")
        browser.close()
    sys.exit(alert or None)


if __name__ == "__main__":
    main(*sys.argv[1:3])
