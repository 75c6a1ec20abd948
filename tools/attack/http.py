"""Raw HTTP: requests as bytes, answers as bytes, and nothing that would repair a mistake on the way."""

import asyncio
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import orjson

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds after which a silent server is a failure."""


class Answer(NamedTuple):
    """What came back: the status (0 for none), the headers as bytes, the body without its chunk framing."""

    status: int
    head: bytes
    body: bytes
    whole: bool


def request(path: str, body: bytes = b"", method: str = "POST", close: bool = True, **headers: str) -> bytes:
    """Return a request; `x_api_key="a"` is the header x-api-key."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}", *(["connection: close"] if close else [])]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def message(text: str, path: str = "/v1/messages", **fields: object) -> bytes:
    """Return the body of a valid request that says this."""
    body: dict[str, object] = {"model": "m", "max_tokens": 200, "messages": [{"role": "user", "content": text}]}
    if path == "/v1/chat/completions":
        body["provider"] = "anthropic"
    return orjson.dumps({**body, **fields})


def parsed(raw: bytes) -> Answer:
    """Return the first answer among the bytes that came."""
    head, found, rest = raw.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    if not found or status is None:
        return Answer(0, head, b"", False)
    if b"transfer-encoding: chunked" in head.lower():
        body, whole = _joined(rest)
    else:
        length = re.search(rb"content-length: (\d+)", head.lower())
        size = int(length[1]) if length else len(rest)
        body, whole = rest[:size], len(rest) >= size
    return Answer(int(status[1]), head, body, whole)


def _joined(rest: bytes) -> tuple[bytes, bool]:
    """Return a chunked body's content, and whether its last chunk came."""
    parts: list[bytes] = []
    while True:
        size, found, after = rest.partition(b"\r\n")
        try:
            length = int(size, 16)
        except ValueError:
            return b"".join(parts), False
        if not found or not length:
            return b"".join(parts), bool(found)
        parts.append(after[:length])
        rest = after[length + 2 :]


async def ask(port: int, raw: bytes, patience: float = PATIENCE) -> bytes:
    """Return everything that comes until the server closes. Raises `TimeoutError`."""
    reader, writer = await asyncio.open_connection(HOST, port)
    came = bytearray()
    try:
        async with asyncio.timeout(patience):
            with suppress(ConnectionError):
                writer.write(raw)
                while piece := await reader.read(65536):
                    came += piece
    finally:
        writer.transport.abort()
    return bytes(came)


def connect(port: int, patience: float = PATIENCE) -> socket.socket:
    """Return a connected socket."""
    return socket.create_connection((HOST, port), timeout=patience)


def feed(port: int, token: str) -> bytes:
    """Return the request for the feed."""
    return request("/_mock/traffic", method="GET", close=False, authorization=f"Bearer {token}")


def headers_of(answer: Answer) -> Mapping[str, str]:
    """Return the headers of an answer by lower-case name."""
    lines = [line.partition(":") for line in answer.head.decode("latin-1").split("\r\n")[1:]]
    return {name.lower(): value.strip() for name, _, value in lines}
