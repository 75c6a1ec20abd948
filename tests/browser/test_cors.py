"""CORS in a real browser: pages of another origin can call the gateway and read what they need."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, Page

from mockserver.engine.step import PREFLIGHT, Engine, EngineSettings
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import ServerThread
from tests.browser.complaints import Complaints
from tests.browser.conftest import FLAGS, executable
from tests.support.engine import CHAT, HELLO, MESSAGES
from tests.support.external import GOOD, joined

PAGES = Path(__file__).parent / "pages"

Seen: TypeAlias = dict[str, Any]  # Any: what JavaScript gives
Call: TypeAlias = Callable[..., Seen]


@pytest.fixture
def call(page: Page, site: Callable[[Path], str]) -> Call:
    """`fetch` in a page of another origin than the gateway's."""
    page.goto(site(PAGES) + "/index.html")

    def call(url: str, **options: object) -> Seen:
        found: Seen = page.evaluate("([url, options]) => window.call(url, options)", [url, options])
        return found

    return call


def asked(gateway: GatewaySession, path: str, *, stream: bool = False) -> Seen:
    """Return headers and body of a valid request."""
    header = {"x-api-key": gateway.key} if path == MESSAGES else {"authorization": f"Bearer {gateway.key}"}
    body = {"model": "m", "max_tokens": 100, "messages": HELLO, "stream": stream}
    return {"headers": header, "body": body}


def preflights(host: ServerThread, path: str) -> int:
    """Return how many preflights the mock has answered for a path."""
    host.settle()
    return sum(one.note.operation == PREFLIGHT and one.path == path for one in host.app.journal)


# --- What a page can read


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("credentials", ["include", "omit"])
def test_a_page_reads_a_stream(
    gateway: GatewaySession, mockserver_host: ServerThread, call: Call, path: str, credentials: str
) -> None:
    gateway.reply("Hello from far away")
    before = preflights(mockserver_host, path)
    seen = call(gateway.url + path, credentials=credentials, **asked(gateway, path, stream=True))
    assert (seen["status"], seen["error"]) == (200, "")
    assert "far" in seen["text"]
    assert seen["headers"]["content-type"].startswith("text/event-stream")
    assert preflights(mockserver_host, path) == before + 1
    assert gateway.assert_called(times=1)[0].ended == "complete"


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_preflight_is_remembered(
    gateway: GatewaySession, mockserver_host: ServerThread, call: Call, path: str
) -> None:
    gateway.reply("one").reply("two")
    before = preflights(mockserver_host, path)
    for word in ("one", "two"):
        assert word in call(gateway.url + path, **asked(gateway, path))["text"]
    assert preflights(mockserver_host, path) == before + 1


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_page_reads_how_long_to_wait_and_the_ids_of_requests(
    gateway: GatewaySession, call: Call, complaints: Complaints, path: str
) -> None:
    complaints.expect_status(429)
    gateway.error(429, retry_after=7).fault("retry_after_ms", value=6500).reply("hi")
    id = "request-id" if path == MESSAGES else "x-request-id"
    refused, answered = (call(gateway.url + path, **asked(gateway, path)) for _ in range(2))
    assert (refused["status"], refused["headers"]["retry-after"]) == (429, "7")
    assert refused["headers"]["retry-after-ms"] == "6500"
    assert answered["status"] == 200
    for seen in (refused, answered):
        assert seen["headers"][id]
        assert seen["headers"]["x-mock-session"] == gateway.session
        assert "/" in seen["headers"]["x-mock-turn"]


REFUSALS: dict[int, tuple[str, Seen, str]] = {
    401: ("sk-ant-not-here", {}, "authentication"),
    402: ("", {"error": {"status": 402}}, "credits"),
    404: ("", {"when": {"last": "tool_result"}, "reply": "x"}, "no matching turn"),
    500: ("", {"error": {"status": 500}}, "error"),
    503: ("", {"error": {"status": 503}}, "error"),
}


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("status", REFUSALS)
def test_a_page_reads_why_it_was_refused(
    gateway: GatewaySession, call: Call, complaints: Complaints, status: int, path: str
) -> None:
    key, turn, word = REFUSALS[status]
    complaints.expect_status(status)
    gateway.allow_unmatched().turn(**turn or {"reply": "x"})
    if key:
        gateway.key = key
    seen = call(gateway.url + path, **asked(gateway, path))
    assert (seen["status"], seen["error"]) == (status, "")
    assert word in seen["text"].lower()


@pytest.mark.parametrize(("path", "status"), [("/v1/mesages", 404), (MESSAGES, 405)])
def test_a_page_reads_that_it_asked_for_what_is_not_there(
    gateway: GatewaySession, call: Call, complaints: Complaints, path: str, status: int
) -> None:
    complaints.expect_status(status)
    gateway.allow_unmatched()
    seen = call(gateway.url + path, method="PUT", headers={"x-api-key": gateway.key}, body={})
    assert (seen["status"], seen["error"]) == (status, "")
    assert path in seen["text"]


def test_a_page_opened_from_a_file_is_answered_too(gateway: GatewaySession, page: Page, tmp_path: Path) -> None:
    gateway.reply("hi")
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><script>{(PAGES / 'calls.mjs').read_text()}</script>")  # file: has no modules
    page.goto(file.as_uri())
    seen = page.evaluate("([url, options]) => call(url, options)", [gateway.url + CHAT, asked(gateway, CHAT)])
    assert (seen["status"], seen["error"]) == (200, "")
    assert gateway.journal[0].headers["origin"] == "null"


# --- A page that leaves, and a connection that breaks


def long(gateway: GatewaySession) -> GatewaySession:
    """Queue a reply of several events."""
    return gateway.reply("one two three four", pace={"chunk": "word"})


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_stream_that_a_page_aborts_is_one_whose_client_left(live: GatewaySession, call: Call, path: str) -> None:
    long(live).fault("hang", at=5)
    seen = call(live.url + path, enough="one", **asked(live, path, stream=True))
    assert seen["error"].startswith("AbortError")
    [record] = live.assert_eventually()
    assert record.ended == "client_left"


def test_a_tab_that_is_closed_is_a_client_that_left(live: GatewaySession, page: Page, call: Call) -> None:
    long(live).fault("hang", at=5)
    url, options = live.url + MESSAGES, asked(live, MESSAGES, stream=True)
    with page.expect_response(url):
        page.evaluate("([url, options]) => void window.call(url, options)", [url, options])
    page.close()
    assert live.assert_eventually()[0].ended == "client_left"


BREAKS = {"reset": "net::ERR_CONNECTION_RESET", "close": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_page_sees_that_a_stream_broke(
    gateway: GatewaySession, call: Call, complaints: Complaints, fault: str
) -> None:
    complaints.expect(BREAKS[fault])
    long(gateway).fault(fault, at=6)
    seen = call(gateway.url + MESSAGES, **asked(gateway, MESSAGES, stream=True))
    assert (seen["status"], seen["error"]) == (200, "TypeError: network error")


# --- Where the rules are Chromium's, and bite


def test_an_answer_with_another_origin_in_it_is_kept_from_the_page(
    gateway: GatewaySession, call: Call, complaints: Complaints
) -> None:
    complaints.expect("blocked by CORS policy", "net::ERR_FAILED")
    gateway.reply("hi", headers={"access-control-allow-origin": "https://elsewhere.example"})
    seen = call(gateway.url + MESSAGES, **asked(gateway, MESSAGES))
    assert (seen["status"], seen["error"]) == (0, "TypeError: Failed to fetch")


def test_a_server_without_cors_is_kept_from_the_page(
    call: Call, complaints: Complaints, site: Callable[[Path], str]
) -> None:
    complaints.expect("blocked by CORS policy", "net::ERR_FAILED")
    assert call(site(PAGES) + "/index.html", method="GET")["error"] == "TypeError: Failed to fetch"


@pytest.mark.parametrize(("granted", "status"), [([], 0), (["local-network-access"], 200)], ids=["asked", "granted"])
def test_a_page_from_the_internet_needs_its_users_permission(
    gateway: GatewaySession, browser: Browser, site: Callable[[Path], str], granted: list[str], status: int
) -> None:
    """Check Local Network Access: no header can grant it, and local pages do not need it."""
    gateway.reply("hi", times="always")
    url = site(PAGES)
    public = f"--ip-address-space-overrides={url.removeprefix('http://')}=public"
    with browser.browser_type.launch(executable_path=executable(), args=[*FLAGS, public]) as other:
        page = other.new_context(permissions=granted).new_page()
        page.goto(url + "/index.html")
        seen = page.evaluate("([url, options]) => call(url, options)", [gateway.url + CHAT, asked(gateway, CHAT)])
    assert seen["status"] == status


# --- A document beside the gateway


@pytest.fixture
def petstore() -> Iterator[str]:
    """Yield the URL of a gateway that also serves another OpenAPI document."""
    with running(Gateway(Engine(joined("petstore"), {}, EngineSettings()))) as url:
        yield url


@pytest.mark.parametrize(("method", "status"), [("DELETE", 204), ("PATCH", 405)])
def test_a_page_can_use_every_method(
    petstore: str, call: Call, complaints: Complaints, method: str, status: int
) -> None:
    if status >= 400:
        complaints.expect_status(status)
    seen = call(f"{petstore}/api/v2/pets/7", method=method, headers=GOOD)
    assert (seen["status"], seen["error"]) == (status, ""), seen
