"""Photograph the mock's page after a few calls of three clients, in light and in dark."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx
from playwright.sync_api import sync_playwright

from tools.pictures.serve import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
WIDTH, HEIGHT = 1280, 760

CALLS = [
    ("greeting", False), ("tool-round-trip", False), ("rate-limited", False), ("rate-limited", False),
    ("stream-breaks", True), ("reasoning", True), ("no-credits", False), ("malformed-tool-json", True),
]  # fmt: skip
"""The scenario of each call, and whether it is streamed."""


def photograph(folder: Path) -> None:
    """Write `page-light.png` and `page-dark.png` into `folder`."""
    with served() as gateway, sync_playwright() as playwright:
        for scenario, streamed in CALLS:
            _call(gateway.url, f"sk_mock_{scenario}", streamed=streamed)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        _picture(browser, gateway.link, "light", folder / "page-light.png")
        _picture(browser, gateway.link, "dark", folder / "page-dark.png")
        browser.close()


def _call(url: str, key: str, *, streamed: bool) -> None:
    tool = {"name": "read_file", "description": "Read a file", "input_schema": {"type": "object"}}
    body = {
        "model": "qwen-coder-32b", "max_tokens": 400, "stream": streamed, "tools": [tool],
        "messages": [{"role": "user", "content": "Which tests fail in this repository?"}],
    }  # fmt: skip
    with suppress(httpx.HTTPError):  # some streams are to break
        httpx.post(f"{url}/v1/messages", json=body, headers={"x-api-key": key}, timeout=30)


def _picture(browser: Browser, link: str, scheme: Literal["light", "dark"], file: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    page.goto(link)
    exchanges = page.get_by_role("listbox", name="Exchanges").get_by_role("option")
    exchanges.nth(len(CALLS) - 1).wait_for()
    exchanges.filter(has_text="stream-breaks").first.click()
    page.locator("#exchange:not([hidden])").wait_for()
    page.screenshot(path=file)
    page.close()
