"""Media types: choose the one that a client prefers, and encode a value as its bytes.

`negotiate` follows RFC 9110, 12.5.1: the most specific range of `Accept` gives a media type its weight, and the
heaviest wins. Among equals JSON comes first, then the document's order. Other formats than JSON are encoded simply:
text as it is, forms, XML without attributes, one item of a sequence.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import orjson

from mockserver.openapi.request_body import FORM

SEQUENCES = {"text/event-stream", "application/jsonl", "application/x-ndjson", "application/json-seq"}
"""Media types of a series of JSON values; an answer has one of them."""

CONCRETE: Mapping[str, str] = {
    "*/*": "application/json",
    "application/*": "application/json",
    "text/*": "text/plain",
    "image/*": "image/png",
    "audio/*": "audio/mpeg",
    "video/*": "video/mp4",
}
"""The media type to send for a documented range if the client names none within it."""

_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether a body of this media type is one JSON value."""
    name = essence(media_type)
    return name in ("application/json", "text/json", "*/*", "application/*") or name.endswith("+json")


def _specificity(range_: str, name: str) -> int:
    """Return how specifically a range covers a media type: 0 not at all, 3 exactly."""
    if range_ == name:
        return 3
    if range_ == "*/*":
        return 1
    return 2 if range_.endswith("/*") and name.startswith(range_[:-1]) else 0


def best(offered: Iterable[str], sent: str) -> str | None:
    """Return the documented media type or range that covers a sent one most specifically, or None."""
    closest = max(offered, key=lambda each: _specificity(essence(each), sent), default="")
    return closest if _specificity(essence(closest), sent) else None


def negotiate(offered: Iterable[str], accept: str) -> str | None:
    """Return the media type that the client prefers, or None if it accepts none of them."""
    ranges = [_range(piece) for piece in accept.split(",")[:100] if piece.strip()]
    weighted = []
    for number, each in enumerate(offered):
        name = essence(each)
        covers = [(max(_specificity(range_, name), _specificity(name, range_)), weight) for range_, weight in ranges]
        weight = max(covers, key=lambda cover: cover[0])[1] if any(cover for cover, _ in covers) else 0.0
        weighted.append((weight if ranges else 1.0, is_json(name), -number, each))
    weight, _, _, chosen = max(weighted, default=(0.0, False, 0, ""))
    return chosen if weight > 0 else None


def _range(piece: str) -> tuple[str, float]:
    """Return one range of `Accept` and its weight; a malformed weight counts as 1."""
    name, *options = [part.strip().lower() for part in piece.split(";")]
    weight = next((option[2:] for option in options if option.startswith("q=")), "1")
    return name, float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 1.0


def concrete(media_type: str, accept: str) -> str:
    """Return the media type to send for a documented one; for a range the first in it that the client names."""
    name = essence(media_type)
    if not name.endswith("/*"):
        return media_type
    accepted = [_range(piece)[0] for piece in accept.split(",")[:100]]
    inside = [each for each in accepted if _TYPE.fullmatch(each) and _specificity(name, each)]
    return inside[0] if inside else CONCRETE.get(name, "application/octet-stream")


def encode(media_type: str, value: object, name: str = "response") -> bytes:
    """Return a value as a body of a media type. `name` is the root element of XML."""
    kind = essence(media_type)
    if is_json(kind):
        return orjson.dumps(value)
    if kind in SEQUENCES:
        text = orjson.dumps(value)
        return b"data: %b\n\n" % text if kind == "text/event-stream" else text + b"\n"
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if value is None:
        return b""
    if kind == FORM and isinstance(value, dict):
        return urlencode({key: as_text(each) for key, each in value.items()}).encode()
    if kind.endswith(("/xml", "+xml")):
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(name, value).encode()
    return as_text(value).encode()


def as_text(value: object) -> str:
    """Return a value as plain text, for a header or a field of a form."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join([as_text(each) for each in value])
    return orjson.dumps(value).decode()


def _xml(name: str, value: object) -> str:
    tag = _NAME.sub("_", name)
    tag = tag if tag[:1].isalpha() else f"_{tag}"
    if isinstance(value, dict):
        inner = "".join([_xml(str(key), each) for key, each in value.items()])
    elif isinstance(value, list):
        inner = "".join([_xml("item", each) for each in value])
    else:
        inner = "" if value is None else escape(as_text(value))
    return f"<{tag}>{inner}</{tag}>"
