"""The guard: no access without the token or from other origins, and no leak of the token."""

import logging
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.control.guard import CSP, MAX_BODY, PROBES, cookie_name
from tests.control.all_routes import every_route
from tests.control.support import PATIENCE, TOKEN, Served, error_of, events, serving

ALWAYS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""The headers of every response."""


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """Yield a server for tests that change nothing."""
    with serving(hosts=("dev.example",)) as found:
        found.ask("Hello")
        yield found


def check_headers(answer: httpx.Response) -> None:
    """Check that a response has the common headers and no forbidden one."""
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers.get_list("content-security-policy") == [CSP]
    assert [name for name in answer.headers if name.startswith("access-control")] == []
    assert "server" not in answer.headers


def state_of(served: Served) -> object:
    """Return all state that a request could have changed."""
    paths = ("/sessions", "/scenarios", "/chaos", "/next", "/defaults", "/live")
    shown = [served.get(path) for path in paths]
    for session in shown[0]:
        del session["now"]
    return shown, served.get("/exchanges")["entered"]


KNOWN = {"authorization": f"Bearer {TOKEN}"}

ATTEMPTS: Mapping[str, tuple[dict[str, str], int, str]] = {
    "no token": ({}, 401, "no_token"),
    "a wrong token": ({"authorization": "Bearer the-token-of-the-test"}, 401, "no_token"),
    "no token after the scheme": ({"authorization": "Bearer"}, 401, "no_token"),
    "the token by another scheme": ({"authorization": f"Basic {TOKEN}"}, 401, "no_token"),
    "the token as a key": ({"x-api-key": TOKEN}, 401, "no_token"),
    "a cookie of another name": ({"cookie": f"mockserver={TOKEN}"}, 401, "no_token"),
    "a page of another origin": (
        {"authorization": f"Bearer {TOKEN}", "origin": "http://evil.example"},
        403,
        "foreign_origin",
    ),
    "a page without an origin": ({"authorization": f"Bearer {TOKEN}", "origin": "null"}, 403, "foreign_origin"),
    "a page of another port": (
        {"authorization": f"Bearer {TOKEN}", "origin": "http://127.0.0.1:1"},
        403,
        "foreign_origin",
    ),
    "a request across sites": (
        {"authorization": f"Bearer {TOKEN}", "sec-fetch-site": "cross-site"},
        403,
        "foreign_origin",
    ),
    "a request across ports": (
        {"authorization": f"Bearer {TOKEN}", "sec-fetch-site": "same-site"},
        403,
        "foreign_origin",
    ),
    "a name that was bound anew": ({"authorization": f"Bearer {TOKEN}", "host": "evil.example"}, 421, "unknown_host"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_every_route_refuses(attempt: str, server: Served) -> None:
    headers, status, code = ATTEMPTS[attempt]
    before = state_of(server)
    routes = [(method, path) for method, path in every_route() if path not in PROBES]
    assert len(routes) > 45
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as stranger:
        for method, path in routes:
            answer = stranger.request(method, path, headers=headers, json={"session": "a"})
            assert answer.status_code == status, (method, path)
            if method != "HEAD":
                assert error_of(answer)["code"] == code
            check_headers(answer)
            assert TOKEN not in answer.text + str(answer.headers)
    assert state_of(server) == before


def test_every_route_is_open_to_the_token(server: Served) -> None:
    for method, path in every_route():
        with server.control.stream(method, server.url + path) as answer:
            assert answer.status_code not in (401, 403, 421, 500), (method, path)
            check_headers(answer)


# --- Probes


def raw(server: Served, *lines: str, start: str) -> str:
    """Send these header lines unchanged and return the response."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), PATIENCE) as line:
        line.sendall("\r\n".join([start, *lines, "connection: close", "", ""]).encode("latin-1"))
        answer = b""
        while piece := line.recv(65_536):
            answer += piece
        return answer.decode()


STRANGE_PROBES = {
    "no token": ("host: 127.0.0.1",),
    "the name of a service": ("host: mock.default.svc.cluster.local:8000",),
    "no host": (),
    "a wrong token": ("host: x", "authorization: Bearer of-yesterday"),
    "headers that come twice": ("host: a", "origin: http://evil.example", "origin: http://b.example"),
    "a body that never comes": ("host: x", "content-length: 99999999"),
}


@pytest.mark.parametrize("case", STRANGE_PROBES)
@pytest.mark.parametrize(("name", "status"), [("health", "ok"), ("ready", "ready")])
def test_a_probe_needs_no_secret_and_learns_nothing(name: str, status: str, case: str, server: Served) -> None:
    start = f"GET /_mock/{name}?token=a HTTP/1.{0 if case == 'no host' else 1}"
    head, _, body = raw(server, *STRANGE_PROBES[case], start=start).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert body == f'{{"status":"{status}"}}'
    names = {line.partition(":")[0] for line in head.split("\r\n")[1:]}
    assert names == {*ALWAYS, "content-length", "content-type", "connection"}


@pytest.mark.parametrize("path", ["/health", "/ready"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE"])
def test_only_get_is_open_to_probes(method: str, path: str, server: Served) -> None:
    answer = httpx.request(method, f"{server.url}/_mock{path}", trust_env=False)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/health/", "/healthz", "/ready/..", "//health", "/Health", "/health%2f..%2fabout"])
def test_nothing_near_a_probe_is_open(path: str, server: Served) -> None:
    assert status_of(server, "host: 127.0.0.1", start=f"GET /_mock{path} HTTP/1.1") == 401


def test_every_open_path_is_a_route(server: Served) -> None:
    assert {path for _, path in every_route()} >= PROBES


# --- Host, Origin, and headers that come twice


def status_of(server: Served, *lines: str, start: str = "GET /_mock/about HTTP/1.1") -> int:
    """Send these header lines unchanged and return the status."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), PATIENCE) as line:
        head = "\r\n".join([start, *lines, "connection: close", "", ""])
        line.sendall(head.encode("latin-1"))
        with line.makefile("rb") as answer:  # a read can end in the middle of a line
            return int(answer.readline().split()[1])


AUTH = f"authorization: Bearer {TOKEN}"

HOSTS = {
    "127.0.0.1": 200,
    "127.0.0.1:9": 200,
    "localhost": 200,
    "LOCALHOST:80": 200,
    "[::1]": 200,
    "[::1]:8000": 200,
    "10.1.2.3": 200,
    "app.localhost": 200,
    "dev.example": 200,
    "dev.example:8000": 200,
    "": 421,
    "evil.example": 421,
    "localhost.evil.example": 421,
    "evil.example:localhost": 400,
    "127.0.0.1.evil.example": 421,
    "evillocalhost": 421,
    "evil.example@127.0.0.1": 400,
    "127.0.0.1@evil.example": 400,
    "127.0.0.1#evil.example": 400,
    "127.0.0.1/evil.example": 400,
    "127.0.0.1, evil.example": 400,
    "localhost:99999999": 421,
    "localhost:abc": 400,
    "[::1": 400,
    "sub.dev.example": 421,
}


@pytest.mark.parametrize(("host", "status"), HOSTS.items())
def test_a_host_is_an_address_or_a_name_that_is_known(host: str, status: int, server: Served) -> None:
    assert status_of(server, f"host: {host}", AUTH) == status


def test_a_request_without_a_host_is_refused(server: Served) -> None:
    assert status_of(server, AUTH, start="GET /_mock/about HTTP/1.0") == 421


@pytest.mark.parametrize(
    "twice",
    [
        ("host: localhost", "host: evil.example"),
        ("host: evil.example", "host: localhost"),
        ("host: localhost", AUTH, AUTH),
        ("host: localhost", "authorization: Bearer x", AUTH),
        ("host: localhost", AUTH, "origin: http://evil.example", "origin: http://localhost"),
        ("host: localhost", AUTH, "sec-fetch-site: cross-site", "sec-fetch-site: none"),
    ],
)
def test_a_header_that_is_believed_comes_once(twice: tuple[str, ...], server: Served) -> None:
    assert status_of(server, *twice) == 400


@pytest.mark.parametrize("spelled", [f"Authorization: bearer {TOKEN}", f"AUTHORIZATION: BEARER  {TOKEN} "])
def test_the_scheme_is_read_in_any_case(spelled: str, server: Served) -> None:
    assert status_of(server, "host: localhost", spelled) == 200


def test_the_own_page_is_let_in(server: Served) -> None:
    own = {"origin": server.url, "sec-fetch-site": "same-origin"}
    assert server.person(**own).get("/about").status_code == 200


def test_no_preflight_is_answered_with_leave(server: Served) -> None:
    asking = {"origin": "http://evil.example", "access-control-request-method": "DELETE"}
    answer = httpx.options(f"{server.url}/_mock/next", headers=asking, trust_env=False)
    assert answer.status_code == 403
    check_headers(answer)
    answer = server.person(**asking | {"origin": server.url}).options("/next")
    assert answer.status_code == 405
    check_headers(answer)


# --- Paths


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_mock", 401),
        ("/_mock/", 401),
        ("/_mock%2Fsessions", 401),
        ("/%5Fmock/sessions", 401),
        ("/_mock//sessions", 401),
        ("/_mock/../v1/models", 401),
        ("/_mock/%2e%2e/v1/models", 401),
        ("http://127.0.0.1/_mock/sessions", 401),
        ("//_mock/sessions", 404),
        ("/_MOCK/sessions", 404),
        ("/v1/../_mock/sessions", 404),
        ("/_mocked", 404),
        ("/_mock;a=b/sessions", 404),
        ("/x/_mock/sessions", 404),
    ],
)
def test_however_a_path_is_written_nobody_comes_past_the_guard(path: str, status: int, server: Served) -> None:
    assert status_of(server, "host: 127.0.0.1", start=f"GET {path} HTTP/1.1") == status


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "HEAD", "PROPFIND"])
def test_no_method_comes_past_the_guard(method: str, server: Served) -> None:
    assert status_of(server, "host: 127.0.0.1", start=f"{method} /_mock/sessions HTTP/1.1") in (400, 401)
    assert status_of(server, "host: 127.0.0.1", AUTH, start=f"{method} /_mock/sessions HTTP/1.1") in (400, 405)


@pytest.mark.parametrize(("own", "status"), [((), 401), ((AUTH,), 404)])
def test_no_websocket_is_opened(own: tuple[str, ...], status: int, server: Served) -> None:
    upgrade = ("connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: dGVzdA==")
    assert status_of(server, "host: 127.0.0.1", *own, *upgrade, start="GET /_mock/live-socket HTTP/1.1") == status


# --- The link and its cookie


def test_the_link_becomes_a_cookie_and_the_token_leaves_the_address(server: Served) -> None:
    with httpx.Client(timeout=PATIENCE, trust_env=False) as browser:
        entered = browser.get(server.link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/_mock/")
        check_headers(entered)
        port = urlsplit(server.url).port
        assert entered.headers["set-cookie"] == f"mockserver_{port}={TOKEN}; Path=/_mock/; HttpOnly; SameSite=Strict"
        page = browser.get(f"{server.url}/_mock/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert TOKEN not in page.text + str(page.headers)


def test_a_wrong_link_sets_no_cookie_and_says_why(server: Served) -> None:
    answer = httpx.get(f"{server.url}/_mock/?token=of-yesterday", trust_env=False)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "server that has stopped" in error_of(answer)["message"]


@pytest.mark.parametrize("path", ["/_mock/about", "/_mock/sessions", "/_mock/traffic", "/_mock/page/index.html"])
def test_the_token_in_an_address_opens_the_page_alone(path: str, server: Served) -> None:
    assert httpx.get(f"{server.url}{path}?token={TOKEN}", trust_env=False).status_code == 401
    assert httpx.post(server.link, trust_env=False).status_code == 401


def test_the_cookie_of_another_port_is_not_ours(server: Served) -> None:
    stranger = server.person(None, cookie=f"mockserver_1={TOKEN}")
    assert stranger.get("/about").status_code == 401


def test_odd_cookies_of_other_servers_do_not_hide_ours(server: Served) -> None:
    name = cookie_name(urlsplit(server.url).netloc)
    odd = f'prefs={{"a": [1, 2]}}; =; ;;x; @=1; {name}x=1; {name}={TOKEN}; "quoted=yes'
    assert server.person(None, cookie=odd).get("/about").status_code == 200


def test_a_cookie_needs_its_own_page_as_the_token_does(server: Served) -> None:
    name = cookie_name(urlsplit(server.url).netloc)
    stolen = server.person(None, cookie=f"{name}={TOKEN}", origin="http://evil.example")
    assert stolen.post("/next", json={"turn": {"reply": "hi"}}).status_code == 403


# --- Size


def test_a_large_body_is_refused_when_it_is_declared_and_when_it_comes_in_pieces(server: Served) -> None:
    text = b'{"yaml": "' + b"a" * MAX_BODY + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(text), 65_536):
            yield text[start : start + 65_536]

    for content in (text, pieces()):
        answer = server.control.post("/lint", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")
        check_headers(answer)
    assert server.get("/health") == {"status": "ok"}


def test_a_stranger_is_refused_before_the_body_is_read(server: Served) -> None:
    assert status_of(server, "host: 127.0.0.1", "content-length: 99999999", start="POST /_mock/lint HTTP/1.1") == 401


def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), PATIENCE) as line:
        head = ["POST /_mock/lint HTTP/1.1", "host: 127.0.0.1", AUTH, "content-length: 100", "", "{"]
        line.sendall("\r\n".join(head).encode())
    assert server.get("/health") == {"status": "ok"}
    assert caplog.records == []


# --- The token stays where it is


def test_the_token_is_in_no_answer_no_line_of_the_log_and_no_exchange(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = {"authorization": f"Bearer {TOKEN}", "x-token": TOKEN}
    server.client.get("/_mock", headers=wrong)
    server.client.get("/v1/models", headers=wrong, params={"token": TOKEN})
    server.ask(headers=wrong)
    for method, path in every_route():
        with server.control.stream(method, server.url + path) as answer:
            found = str(answer.headers)
            if answer.headers["content-type"].startswith("text/event-stream"):
                found += str(next(events(answer), None)) if server.get("/live") else ""
            else:
                found += answer.read().decode()
        assert TOKEN not in found, (method, path)
    others = ("http", "uvicorn.access")  # the clients' logs, and one that is off until caplog enables it
    ours = [record for record in caplog.records if not record.name.startswith(others)]
    assert TOKEN not in str([record.getMessage() for record in ours])
    assert all(TOKEN not in repr(exchange) for exchange in server.app.journal)
