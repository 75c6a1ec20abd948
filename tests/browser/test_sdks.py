"""The official JavaScript SDKs in a real browser, bundled as in an app, on a page of another origin."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Page

from mockserver.testing.gateway import GatewaySession
from tests.browser.complaints import Complaints
from tests.clients.roster import PACKAGES

PAGES = Path(__file__).parent / "pages"
SETS = ("node", "node-previous")
SDKS = ("anthropic", "openai")
INDEX = "<!doctype html><title>SDKs</title><link rel=icon href='data:,'><script type=module src=sdks.js></script>"

Seen: TypeAlias = dict[str, Any]  # Any: what JavaScript gives


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return, for each set of packages, a folder with a page that has both SDKs."""
    found = {}
    for name in SETS:
        folder = found[name] = tmp_path_factory.mktemp(name)
        packages = PACKAGES / name / "node_modules"
        bundler = PACKAGES / "browser" / "node_modules" / ".bin" / "esbuild"
        assert bundler.exists(), f"{bundler} is not there: run make clients"
        command = [
            str(bundler),
            str(PAGES / "sdks.mjs"),
            "--bundle",
            "--format=esm",
            "--keep-names",
            f"--outfile={folder}/sdks.js",
        ]
        environment = {**os.environ, "NODE_PATH": str(packages)}
        subprocess.run([*command, "--log-level=error"], check=True, env=environment, timeout=60)
        (folder / "index.html").write_text(INDEX, encoding="utf-8")
    return found


@pytest.fixture(params=SETS)
def sdks(
    request: pytest.FixtureRequest, bundles: Mapping[str, Path], page: Page, site: Callable[[Path], str]
) -> Callable[..., Seen]:
    """Return a function that calls one of the functions of pages/sdks.mjs."""
    page.goto(site(bundles[request.param]) + "/index.html")

    def run(verb: str, sdk: str, gateway: GatewaySession, *rest: object, retries: int = 0) -> Seen:
        url = gateway.url if sdk == "anthropic" else gateway.openai_url
        client = {"sdk": sdk, "url": url, "key": gateway.key, "retries": retries}
        found: Seen = page.evaluate("([verb, rest]) => window.sdks[verb](...rest)", [verb, [client, *rest]])
        return found

    return run


@pytest.mark.parametrize("sdk", SDKS)
def test_a_whole_answer(sdks: Callable[..., Seen], gateway: GatewaySession, sdk: str) -> None:
    gateway.reply("Hello from far away")
    seen = sdks("message", sdk, gateway)
    assert (seen["error"], seen["text"]) == ("", "Hello from far away"), seen
    assert seen["id"].startswith("req_")
    assert not gateway.verdict()


@pytest.mark.parametrize("sdk", SDKS)
def test_a_streamed_answer(sdks: Callable[..., Seen], gateway: GatewaySession, sdk: str) -> None:
    gateway.reply("Hello from far away", pace={"chunk": "word"})
    assert sdks("stream", sdk, gateway) == {"error": "", "text": "Hello from far away"}
    assert not gateway.verdict()


@pytest.mark.parametrize("sdk", SDKS)
def test_a_tool_call(sdks: Callable[..., Seen], gateway: GatewaySession, sdk: str) -> None:
    gateway.tool_use("read_file", path="/x")
    assert sdks("message", sdk, gateway)["calls"] == [{"name": "read_file", "input": {"path": "/x"}}]


@pytest.mark.parametrize("sdk", SDKS)
def test_a_rate_limit_with_how_long_to_wait(
    sdks: Callable[..., Seen], gateway: GatewaySession, complaints: Complaints, sdk: str
) -> None:
    complaints.expect_status(429)
    gateway.error(429, retry_after=7)
    seen = sdks("message", sdk, gateway)
    assert (seen["error"], seen["status"], seen["retryAfter"]) == ("RateLimitError", 429, "7")
    assert seen["id"].startswith("req_")


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(("status", "word"), [(401, "key"), (402, "credits")])
def test_a_refusal_with_its_reason(
    sdks: Callable[..., Seen], gateway: GatewaySession, complaints: Complaints, status: int, word: str, sdk: str
) -> None:
    complaints.expect_status(status)
    gateway.error(status)
    seen = sdks("message", sdk, gateway, retries=2)
    assert seen["status"] == status
    assert word in seen["message"].lower()


@pytest.mark.parametrize("sdk", SDKS)
def test_a_retry_that_only_a_header_asks_for(
    sdks: Callable[..., Seen], gateway: GatewaySession, complaints: Complaints, sdk: str
) -> None:
    """Check that a 400 is retried because of x-should-retry, which CORS must expose to the page."""
    complaints.expect_status(400)
    gateway.error(400).fault("should_retry", value="true").fault("retry_after_ms", value="1").reply("hi")
    assert sdks("message", sdk, gateway, retries=1)["text"] == "hi"
    gateway.assert_called(times=2)


@pytest.mark.parametrize("sdk", SDKS)
def test_a_stream_that_is_left(sdks: Callable[..., Seen], live: GatewaySession, sdk: str) -> None:
    live.reply("one two three four", pace={"chunk": "word"}).fault("hang", at=6)
    seen = sdks("stream", sdk, live, "one")
    assert seen["error"] == "", seen
    assert live.assert_eventually()[0].ended == "client_left"


@pytest.mark.parametrize("sdk", SDKS)
def test_a_stream_that_breaks(
    sdks: Callable[..., Seen], gateway: GatewaySession, complaints: Complaints, sdk: str
) -> None:
    complaints.expect("net::ERR_CONNECTION_RESET")
    gateway.reply("one two three four", pace={"chunk": "word"}).fault("reset", at=6)
    assert sdks("stream", sdk, gateway)["error"] != ""
