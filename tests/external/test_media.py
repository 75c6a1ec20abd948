"""Media types: negotiation, and values as bytes."""

import pytest

from mockserver.external.media import encode, negotiate

# Media type | value | bytes
BYTES: list[tuple[str, object, bytes]] = [
    ("application/json", {"a": 1}, b'{"a":1}'),
    ("application/hal+json; charset=utf-8", "x", b'"x"'),
    ("text/plain", "x", b"x"),
    ("text/plain", 7, b"7"),
    ("text/plain", None, b""),
    ("text/csv", ["a", "b"], b"a,b"),
    ("application/x-www-form-urlencoded", {"a": "b c", "d": [1, 2]}, b"a=b+c&d=1%2C2"),
    (
        "application/xml",
        {"a": ["<", None]},
        b'<?xml version="1.0" encoding="UTF-8"?>\n<r><a><item>&lt;</item><item></item></a></r>',
    ),
    ("text/event-stream", {"a": 1}, b'data: {"a":1}\n\n'),
    ("application/x-ndjson", {"a": 1}, b'{"a":1}\n'),
    ("application/octet-stream", "x", b"x"),
]


@pytest.mark.parametrize(("media", "value", "expected"), BYTES)
def test_a_value_becomes_bytes(media: str, value: object, expected: bytes) -> None:
    assert encode(media, value, "r") == expected


def test_the_most_specific_range_counts() -> None:
    assert negotiate(["text/plain", "text/html"], "text/*;q=0.9, text/plain;q=0.1") == "text/html"
    assert negotiate([], "*/*") is None
