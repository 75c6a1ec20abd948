"""Which headers pass between a client and the upstream."""

import pytest

from mockserver.upstream.headers import joined, to_client, to_upstream

HOP = [
    (b"Connection", b"keep-alive, X-Private"),
    (b"X-Private", b"1"),
    (b"Keep-Alive", b"timeout=5"),
    (b"TE", b"trailers"),
    (b"Transfer-Encoding", b"chunked"),
    (b"Upgrade", b"websocket"),
    (b"Proxy-Authorization", b"Basic x"),
]


def test_the_upstream_gets_the_clients_headers_and_its_own_host() -> None:
    own = [(b"Host", b"127.0.0.1:8000"), (b"Content-Length", b"12"), (b"Expect", b"100-continue")]
    rest = [(b"X-Api-Key", b"sk_1"), (b"authorization", b"Bearer t"), (b"accept-encoding", b"gzip, br")]
    assert to_upstream([*HOP, *own, *rest], "gateway.example") == [
        (b"host", b"gateway.example"),
        (b"x-api-key", b"sk_1"),
        (b"authorization", b"Bearer t"),
        (b"accept-encoding", b"identity"),
    ]


def test_the_mocks_own_headers_stay_here() -> None:
    assert (b"x-mock-session", b"a") not in to_upstream([(b"X-Mock-Session", b"a")], "gateway.example")


def test_the_client_gets_the_upstreams_headers_in_order_repeated_ones_too() -> None:
    rest = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Request-Id", b"r"), (b"Content-Length", b"3")]
    assert to_client([*HOP, (b"Date", b"today"), *rest]) == [
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"request-id", b"r"),
        (b"content-length", b"3"),
    ]


@pytest.mark.parametrize("value", [b"a\x00b", b"a\x1bb", b"a\x7fb"])
def test_a_control_character_in_a_value_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="the header 'x-odd' has a control character"):
        to_client([(b"X-Odd", value)])


def test_repeated_headers_are_joined_to_a_list_and_cookies_by_semicolons() -> None:
    fields = [(b"Accept", b"a"), (b"accept", b"b"), (b"Cookie", b"x=1"), (b"cookie", b"y=2")]
    assert joined(fields) == {"accept": "a, b", "cookie": "x=1; y=2"}
