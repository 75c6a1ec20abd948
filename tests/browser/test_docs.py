"""Every example of docs/browsers.md runs in a page; only the mock's address and the key are replaced."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from mockserver.testing.gateway import GatewaySession
from tests.browser.complaints import Complaints
from tests.clients.roster import PACKAGES
from tests.support.engine import MESSAGES

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "browsers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BY_FETCH, BY_SDK, IN_A_TEST, WITHOUT_CORS = [text for _, text in BLOCKS]


Run = Callable[[str], str]


@pytest.fixture
def run(page: Page, site: Callable[[Path], str], tmp_path: Path, gateway: GatewaySession) -> Run:
    """Return a function that runs an example as a module of a page and returns the console's output."""

    def run(module: str) -> str:
        source = module.replace("http://127.0.0.1:8000", gateway.url).replace("sk_test", gateway.key)
        (tmp_path / "example.mjs").write_text(source + "\nconsole.log('over');\n", encoding="utf-8")
        bundler = PACKAGES / "browser" / "node_modules" / ".bin" / "esbuild"
        command = [str(bundler), "example.mjs", "--bundle", "--format=esm", "--outfile=bundle.js", "--log-level=error"]
        environment = {**os.environ, "NODE_PATH": str(PACKAGES / "node" / "node_modules")}
        subprocess.run(command, check=True, cwd=tmp_path, env=environment, timeout=60)
        html = "<!doctype html><link rel=icon href='data:,'><script type=module src=bundle.js></script>"
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        with page.expect_console_message(lambda message: message.text == "over"):
            page.goto(site(tmp_path) + "/index.html")
        return "".join([message.text for message in page.console_messages() if message.type == "log"])

    return run


def test_a_page_reads_a_stream_by_fetch(run: Run, gateway: GatewaySession) -> None:
    gateway.reply("Hello from the docs")
    output = run(BY_FETCH)
    assert "message_start" in output
    assert "docs" in output
    assert not gateway.verdict()


@pytest.mark.parametrize(
    ("status", "message"), [(402, "out of credits: Buy more."), (429, "wait for 7 seconds")], ids=["402", "429"]
)
def test_a_page_tells_what_went_wrong(
    run: Run, gateway: GatewaySession, complaints: Complaints, status: int, message: str
) -> None:
    complaints.expect_status(status)
    gateway.error(status, message="Buy more.").fault("retry_after", value="7")
    assert message in run(BY_FETCH)


def test_a_page_reads_a_stream_by_the_sdk(run: Run, gateway: GatewaySession) -> None:
    gateway.reply("Hello from the docs")
    assert "Hello from the docs" in run(BY_SDK)
    assert not gateway.verdict()


def test_a_test_drives_an_app(
    page: Page, site: Callable[[Path], str], gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect_status(402)
    names: dict[str, Any] = {"APP": site(ROOT / "examples") + "/plain"}
    exec(compile(IN_A_TEST, "docs/browsers.md", "exec"), names)
    names["test_the_page_reports_missing_credits"](gateway, page)


def test_a_scenario_plays_a_proxy_that_forgets_cors(
    page: Page, site: Callable[[Path], str], tmp_path: Path, gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect("blocked by CORS policy", "net::ERR_FAILED")
    gateway.play(WITHOUT_CORS)
    (tmp_path / "index.html").write_text("<!doctype html><link rel=icon href='data:,'>", encoding="utf-8")
    page.goto(site(tmp_path) + "/index.html")
    ask = """([url, key]) => fetch(url, {
      method: 'POST',
      headers: {'content-type': 'application/json', 'x-api-key': key},
      body: JSON.stringify({model: 'm', max_tokens: 9, messages: [{role: 'user', content: 'Hi'}]}),
    }).then((response) => response.status, (error) => String(error))"""
    seen = [page.evaluate(ask, [gateway.url + MESSAGES, gateway.key]) for _ in range(2)]
    assert seen == ["TypeError: Failed to fetch", 200]
