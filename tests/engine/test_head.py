"""What the head of a request says is read once for one head, and never for another."""

import gc
import weakref

import pytest

from mockserver.accounts.identify import Accounts
from mockserver.core.headers import RequestHeaders
from mockserver.engine.head import read_head
from mockserver.engine.request import Request
from tests.support.engine import contract

KEY = {"x-api-key": "sk_test_12345678"}
ACCOUNTS = Accounts()


def request(method: str = "POST", path: str = "/v1/messages", headers: dict[str, str] = KEY) -> Request:
    return Request(method, path, RequestHeaders(headers), b"{}")


def test_a_head_that_comes_again_is_not_read_again() -> None:
    first = request()
    second = Request("POST", "/v1/messages", first.headers, b"another body")
    assert read_head(second, contract(), ACCOUNTS) is read_head(first, contract(), ACCOUNTS)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/messages"), ("POST", "/v1/models")])
def test_the_same_headers_on_another_route_are_another_head(method: str, path: str) -> None:
    first = request()
    read_head(first, contract(), ACCOUNTS)
    head = read_head(Request(method, path, first.headers), contract(), ACCOUNTS)
    assert (head.method, head.path) == (method, path)


def test_other_accounts_read_a_head_anew() -> None:
    first, other = request(), Accounts()
    assert read_head(first, contract(), ACCOUNTS).accounts is ACCOUNTS
    assert read_head(first, contract(), other).accounts is other


def test_a_body_that_names_the_session_is_read_each_time() -> None:
    headers = RequestHeaders({"content-type": "application/json"})
    ids = [
        read_head(Request("POST", "/api/v1/auth/refresh", headers, body), contract(), ACCOUNTS).session_id
        for body in (b'{"refresh_token": "token-1-of-a-login"}', b'{"refresh_token": "token-2-of-a-login"}')
    ]
    assert len(set(ids)) == 2


def test_the_holder_of_a_refused_key_is_not_known() -> None:
    assert read_head(request(headers={"x-api-key": "sk-ant-12345678"}), contract(), ACCOUNTS).holder is None
    assert read_head(request(), contract(), ACCOUNTS).holder is not None


def test_the_holder_of_a_token_depends_on_the_session() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"
    assert read_head(request(headers={"authorization": f"Bearer {token}"}), contract(), ACCOUNTS).holder is None


class _Watched(RequestHeaders):
    """Headers that a test can see go."""

    __slots__ = ("__weakref__",)


def test_headers_go_with_their_request() -> None:
    headers = _Watched(KEY)
    gone = weakref.ref(headers)
    read_head(Request("POST", "/v1/messages", headers), contract(), ACCOUNTS)
    del headers
    gc.collect()
    assert gone() is None
