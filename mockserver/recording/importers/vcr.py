"""VCR cassettes: of vcrpy, and of pytest-recording, which writes the same.

A cassette has no times. Bodies are texts or bytes, and may be compressed, as the server sent them.
"""

import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

from mockserver.core.conversation import Json
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.importers.imported import Fields, Imported, ImportFormat, headers_of, numbered
from mockserver.wires.json_values import mapping, objects, string

ANY_FORMAT = 32 + zlib.MAX_WBITS
"""Lets zlib see for itself whether a body is gzip or deflate."""

LARGEST = 64 * 1024 * 1024
"""Bytes that a compressed body may have."""


def _read(value: Json) -> Imported:
    losses: list[str] = []
    found = [_exchange(entry) for entry in numbered(objects(mapping(value).get("interactions")), "interaction", losses)]
    exchanges = [exchange for exchange in found if exchange is not None]
    if exchanges:
        losses.append("interactions: a cassette has no times; answers come at once")
    return Imported(exchanges=exchanges, losses=losses)


def _exchange(entry: Fields) -> RecordedExchange | None:
    request, response = mapping(entry.take("request")), mapping(entry.take("response"))
    url = urlsplit(string(request.get("uri")) or string(request.get("url")))
    code = mapping(response.get("status")).get("code", response.get("status_code"))
    if not isinstance(code, int):
        entry.lose(f"{url.path}: it has no answer; left out")
        return None
    headers = _headers(response)
    body = _bytes(response.get("body", response.get("content")))
    if (coding := headers.pop("content-encoding", "identity")) != "identity":
        plain = _unpacked(body)
        if plain is None and not _is_text(body):
            entry.lose(f"{url.path}: its body is compressed ({coding}) and cannot be read; left out")
            return None
        body = plain if plain is not None else body  # vcrpy may have unpacked it and kept the header
    return RecordedExchange(
        method=string(request.get("method")) or "GET",
        path=url.path or "/",
        query=url.query,
        headers=_headers(request),
        body=_bytes(request.get("body")),
        status=code,
        response_headers=headers,
        frames=(Frame(0.0, body),),
    )


def _headers(message: Mapping[str, Json]) -> dict[str, str]:
    fields = mapping(message.get("headers"))
    values = [(name, item if isinstance(item, list) else [item]) for name, item in fields.items()]
    return headers_of([(str(name), _text(item)) for name, items in values for item in items])


def _text(value: Json) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Json) -> bytes:
    """Return a body: a text, bytes, JSON, or any of these in the field `string`."""
    if isinstance(body, dict) and set(body) <= {"string", "encoding", "base64_string"}:
        body = body.get("string", "")
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(body: bytes) -> bytes | None:
    """Return a compressed body as it was, or None if it is none that zlib knows, or too large."""
    unpacker = zlib.decompressobj(ANY_FORMAT)
    try:
        plain = unpacker.decompress(body, LARGEST)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else plain


VCR = ImportFormat(
    "vcr", "a VCR cassette (interactions)", lambda value: isinstance(mapping(value).get("interactions"), list), _read
)
