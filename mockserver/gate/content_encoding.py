"""Content codings: a body that was compressed, as the checks read it.

The gate itself asks for no coding, but clients of the proxy do, and some gateways compress unasked.
"""

import zlib

WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The coding -> the `wbits` of zlib."""

LARGEST = 32 * 1024 * 1024
"""A small body can decompress to a huge one. No answer of a gateway is longer than this."""


def decode_body(body: bytes, coding: str | None) -> bytes | None:
    """Return the body without its coding. None if the coding is unknown, or the body does not have it."""
    name = (coding or "identity").strip().lower()
    if name in ("identity", ""):
        return body
    if name not in WINDOWS:
        return None
    try:
        return zlib.decompressobj(WINDOWS[name]).decompress(body, LARGEST)
    except zlib.error:
        return None
