"""Media types: which one a client wants, and a value as bytes of one.

`negotiate` follows RFC 9110, 12.5.1: the most specific range of `Accept` gives a media type its weight, and the
heaviest wins; among equals JSON, then the document's order. Of what is not JSON only the simple is done: text as it
is, forms, XML without attributes, one item of a sequence.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import orjson

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
"""What is sent where the document names a range, and the client no media type in it."""

_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether its bodies are one JSON value."""
    name = essence(media_type)
    return name in ("application/json", "text/json", "*/*", "application/*") or name.endswith("+json")


def _covers(range_: str, name: str) -> int:
    """How specifically a range covers a media type: 0 not at all, 3 exactly."""
    if range_ == name:
        return 3
    if range_ == "*/*":
        return 1
    return 2 if range_.endswith("/*") and name.startswith(range_[:-1]) else 0


def best(offered: Iterable[str], sent: str) -> str | None:
    """The documented media type or range that covers one that was sent, the most specific first."""
    found = max(offered, key=lambda each: _covers(essence(each), sent), default="")
    return found if _covers(essence(found), sent) else None


def negotiate(offered: Iterable[str], accept: str) -> str | None:
    """The one of the media types that the client likes best, or None if it takes none of them."""
    ranges = [_range(piece) for piece in accept.split(",")[:100] if piece.strip()]
    liked = []
    for number, each in enumerate(offered):
        name = essence(each)
        covers = [(max(_covers(range_, name), _covers(name, range_)), weight) for range_, weight in ranges]
        weight = max(covers, key=lambda cover: cover[0])[1] if any(cover for cover, _ in covers) else 0.0
        liked.append((weight if ranges else 1.0, is_json(name), -number, each))
    weight, _, _, chosen = max(liked, default=(0.0, False, 0, ""))
    return chosen if weight > 0 else None


def _range(piece: str) -> tuple[str, float]:
    """One range of `Accept`, with its weight; a weight that is none counts as 1."""
    name, *options = [part.strip().lower() for part in piece.split(";")]
    weight = next((option[2:] for option in options if option.startswith("q=")), "1")
    return name, float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 1.0


def concrete(media_type: str, accept: str) -> str:
    """The media type to send for a documented one, which may be a range: then the first that the client names in it."""
    name = essence(media_type)
    if not name.endswith("/*"):
        return media_type
    wanted = [_range(piece)[0] for piece in accept.split(",")[:100]]
    inside = [each for each in wanted if _TYPE.fullmatch(each) and _covers(name, each)]
    return inside[0] if inside else CONCRETE.get(name, "application/octet-stream")


def encode(media_type: str, value: object, name: str = "response") -> bytes:
    """A value as a body of a media type. `name` is the root element of XML."""
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
    if kind == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode({key: as_text(each) for key, each in value.items()}).encode()
    if kind.endswith(("/xml", "+xml")):
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(name, value).encode()
    return as_text(value).encode()


def as_text(value: object) -> str:
    """A value as plain text: a header, a field of a form."""
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
