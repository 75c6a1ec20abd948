"""Strategies: bodies that are nearly requests of the two wires, and bytes that are nothing.

A value near the wires has a wrong type, a missing field or an absurd size at one place or at several, because code that
reads a refused request again fails at such places and not at random JSON.
"""

import json
from typing import Any

from hypothesis import strategies as st

Json = Any

PATHS = (
    "/v1/messages",
    "/v1/chat/completions",
    "/api/v1/chat/completions",
    "/v1/messages/count_tokens",
    "/v1/models",
    "/api/v1/auth/login",
    "/nowhere",
    "/v1/%ff%ed%a0%80/%00%0d%0a?a=%ff",
    "/api/v1/auth/refresh",
)

SURROGATES = ("\ud800", "\udfff", "a\udc00b", "\ud83d")
TEXTS = st.one_of(
    st.sampled_from(
        ["", "a", "user", "text", "\x00", "\x1b[2J", "{{last_user_text}}", "{{", "\u202e", "é", *SURROGATES]
    ),
    st.text(max_size=8),
)
NUMBERS = st.one_of(
    st.integers(-2, 5),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, -(10**30), 1e308, -0.0, 1.5]),
    st.floats(allow_nan=False, allow_infinity=False),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.just([]), st.just({}))


def nested(levels: int, inner: Json) -> Json:
    """Return a value nested in this many lists and objects."""
    for level in range(levels):
        inner = [inner] if level % 2 else {"a": inner}
    return inner


DEEP = st.builds(nested, st.sampled_from([5, 100, 253, 254, 260, 500]), LEAVES)
ANY = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.dictionaries(TEXTS, LEAVES, max_size=3), DEEP)


IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}
TOOL = {"name": "read", "description": "Reads.", "input_schema": {"type": "object", "properties": {"a": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": '{"a": 1}'}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "b"}], "is_error": True}
VALID: tuple[Json, ...] = (
    {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]},
    {
        "model": "m",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image", "source": {"type": "url"}}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"a": 1}}],
            },
            {"role": "user", "content": [RESULT]},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "tool", "name": "read"},
        "stop_sequences": ["x"],
        "stream": True,
        "metadata": {"user_id": "u"},
    },
    {
        "model": "m",
        "provider": "openai",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "b"},
        ],
        "tools": [{"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "read"}},
        "stream": True,
        "stream_options": {"include_usage": True},
        "stop": ["x"],
        "max_completion_tokens": 5,
    },
    {"email": "jo@example.com", "password": "secret"},
)
"""Valid requests of every shape; most bodies here are one of these with one place changed."""


def _places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a document, its own included."""
    found = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += _places(inner, (*path, key))
    return found


REMOVED = object()


def _with(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    """Return the document with another value at a place, or without that place."""
    if not path:
        return {} if new is REMOVED else new
    copy: Json = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is REMOVED:
        del copy[path[0]]
    else:
        copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """Return a valid request with one or two places changed or removed."""
    value = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(_places(value)))
        value = _with(value, path, draw(st.one_of(st.just(REMOVED), ANY, ANY, st.sampled_from(VALID))))
    return value


def encoded(value: Json) -> bytes:
    """Return JSON as a careless client writes it: a lone surrogate as an escape."""
    return json.dumps(value).encode()


def raw(value: Json) -> bytes:
    """Return JSON whose texts are not escaped: a lone surrogate is three bytes that are no UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


NEAR = st.one_of(requests().map(encoded), requests().map(raw))
"""Bodies that are nearly valid."""


@st.composite
def cut(draw: st.DrawFn) -> bytes:
    """Return a body that ends early, or has a byte changed."""
    body = draw(NEAR)
    place = draw(st.integers(0, max(0, len(body) - 1)))
    return body[:place] + draw(st.sampled_from([b"", b"\x00", b"\xff", b'"', b"}"])) + body[place + 1 :]


TOO_DEEP = st.sampled_from([b"[" * 2_000, b"[" * 1_020 + b"]" * 1_020, b'{"messages":' * 300 + b"1" + b"}" * 300])
BODIES = st.one_of(NEAR, NEAR, NEAR, ANY.map(encoded), cut(), st.binary(max_size=40), TOO_DEEP)
"""Every body that a client may send."""

KEYS = st.sampled_from(["sk_attack", "sk-ant-refused", "", "\xff\xfe", "k" * 300, "sk_mock_nowhere", "Bearer"])
HEADER_NAMES = st.sampled_from(
    [
        *("x-mock-session", "x-mock-scenario", "x-mock-seed", "x-mock-chaos", "x-stainless-retry-count"),
        *("user-agent", "accept", "content-type", "origin", "access-control-request-method", "!#$%&'*+-.^_`|~"),
    ]
)
HEADER_VALUES = st.one_of(
    st.sampled_from(
        ["", "a", "0", "99999999999", "\xff", "a b", "'; rm", "../..", "none", "%ff%ed%a0%80", "\xb2", "x" * 500]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=8),
)
HEADERS = st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=3)
"""Header lines, as HTTP takes them."""
