"""Content codings: a body that was compressed, as the checks read it.

The gate itself asks for no coding, but clients of the proxy do, and some gateways compress unasked.
"""

import zlib

WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The coding -> the `wbits` of zlib."""

LARGEST = 8 * 1024 * 1024
"""Bytes of a decompressed body, unless the caller allows less."""


class TooLarge(Exception):
    """A small body decompresses to a huge one."""


def decode_body(body: bytes, coding: str | None, largest: int = LARGEST) -> bytes | None:
    """Return the body without its coding. None if the coding is unknown, or the body does not have it.

    Raises `TooLarge` for a body of more than `largest` bytes, before it fills the memory.
    """
    name = (coding or "identity").strip().lower()
    if name in ("identity", ""):
        return body
    if name not in WINDOWS:
        return None
    decoder = zlib.decompressobj(WINDOWS[name])
    try:
        plain = decoder.decompress(body, largest)
    except zlib.error:
        return None
    if decoder.unconsumed_tail:
        raise TooLarge(f"{len(body):,} bytes decompress to more than {largest:,}")
    return plain
