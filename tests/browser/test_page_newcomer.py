"""A newcomer's path, from the command to an app without credits, using only what the mock prints and shows."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import anthropic
import pytest
from playwright.sync_api import Page, expect

from tests.browser.mock import rows


@pytest.fixture
def printed() -> Iterator[str]:
    """Yield the link that `mockserver serve` prints."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as server:
        assert server.stdout is not None
        try:
            lines = iter(server.stdout)
            found = next((link for line in lines if (link := re.search(r"http://\S+/_mock/\?token=\S+", line))), None)
            assert found is not None, "no link was printed"
            yield found[0]
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Yield a stack that closes what a test enters into it."""
    with ExitStack() as stack:
        yield stack


def test_what_is_printed_and_shown_is_all_that_a_newcomer_needs(printed: str, page: Page, clients: ExitStack) -> None:
    page.goto(printed)
    names, values = page.locator(".welcome dt"), page.locator(".welcome dd code")
    expect(values).to_have_count(3)
    shown = dict(zip(names.all_inner_texts(), values.all_inner_texts(), strict=True))
    url, key = shown["Anthropic SDK base URL"], shown["API key"]
    client = clients.enter_context(anthropic.Anthropic(base_url=url, api_key=key, max_retries=0))
    asked = {"model": "qwen-coder-32b", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello!"}]}
    client.messages.create(**asked)  # type: ignore[call-overload]  # a dict of its parameters
    expect(rows(page)).to_contain_text("Hello!")
    page.get_by_role("button", name="402 no credits").click()
    expect(page.locator(".queue")).to_contain_text("status: 402")
    with pytest.raises(anthropic.APIStatusError, match="Insufficient credits"):
        client.messages.create(**asked)  # type: ignore[call-overload]  # the same
    expect(rows(page).last).to_contain_text("402")
