"""Content codings: a body that was compressed for its way, as the judges must read it.

The gate itself asks for no coding; clients that pass the proxy do, and some gateways compress unasked.
"""

import zlib

WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The coding -> what zlib calls it."""

LARGEST = 32 * 1024 * 1024
"""A small body can unfold into a huge one; nothing that a gateway says is longer than this."""


def decode_body(body: bytes, coding: str | None) -> bytes | None:
    """The body without its coding, as far as it came; None if the coding is not known or the body is none of it."""
    name = (coding or "identity").strip().lower()
    if name in ("identity", ""):
        return body
    if name not in WINDOWS:
        return None
    try:
        return zlib.decompressobj(WINDOWS[name]).decompress(body, LARGEST)
    except zlib.error:
        return None
