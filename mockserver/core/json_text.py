"""JSON that somebody else wrote, parsed within one bound on its depth.

Every text that a client, a model or an upstream wrote is parsed here, so that everything behind it can rely on the
bound: validators, writers of JSON and YAML, and recursive readers all fail at some depth, each at its own, and the
lowest of them is well above `MAX_DEPTH`.
"""

import orjson

from mockserver.core.conversation import Json

MAX_DEPTH = 100
"""The most lists and objects inside each other."""

_WRITER_DEPTH = 254
"""The most lists and objects inside each other that orjson writes."""

_CUT_OFF = "failed to allocate"
"""orjson's misleading words for a short text that ends inside many lists or objects."""

_SHORT = 8_192
"""Bytes of a text up to which counting its brackets is quicker than writing its value again."""


class TooDeepError(ValueError):
    """A JSON text is nested more deeply than `MAX_DEPTH` levels."""


def parse_json(text: bytes | str) -> Json:
    """Return the value of a JSON text.

    Raises `TooDeepError` for more than `MAX_DEPTH` levels, and `orjson.JSONDecodeError` (both are `ValueError`s) for
    everything else that is no JSON in UTF-8: lone surrogates, NaN, and numbers beyond a double.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            raise TooDeepError from None
        if error.msg.startswith(_CUT_OFF):
            raise orjson.JSONDecodeError("unexpected end of data", error.doc, len(error.doc)) from None
        raise
    is_flat = len(raw) <= _SHORT and raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH
    if not is_flat and _is_too_deep(value):
        raise TooDeepError
    return value


def json_or_none(text: bytes | str) -> Json:
    """Return the value of a JSON text, or None for a text that `parse_json` refuses."""
    try:
        return parse_json(text)
    except ValueError:
        return None


def _is_too_deep(value: Json) -> bool:
    """Return whether a value is nested too deeply: orjson finds its depth faster than any walk in Python."""
    for _ in range(_WRITER_DEPTH - MAX_DEPTH):
        value = (value,)
    try:
        orjson.dumps(value)
    except TypeError:
        return True
    return False
