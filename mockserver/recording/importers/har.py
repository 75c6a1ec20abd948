"""HAR: the traffic that a browser, a proxy or an HTTP tool has saved.

Source: HTTP Archive 1.2. Times of single events are not in it, so a stream comes at once when its answer is whole.
"""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import urlsplit

from mockserver.core.conversation import Json
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.importers.imported import Fields, Imported, ImportFormat, headers_of, numbered
from mockserver.wires.json_values import mapping, objects, string

MEDIA = ("application/json", "text/event-stream", "text/plain")
"""The content types of APIs; pages, scripts and images are left out."""

NO_TIMES = "entries: a HAR has no times of single events; streams come when they are whole"


def _read(value: Json) -> Imported:
    losses: list[str] = []
    entries = objects(mapping(mapping(value).get("log")).get("entries"))
    exchanges = [exchange for entry in numbered(entries, "entry", losses) if (exchange := _exchange(entry)) is not None]
    is_stream = any("event-stream" in exchange.response_headers.get("content-type", "") for exchange in exchanges)
    return Imported(exchanges=exchanges, losses=[*losses, *([NO_TIMES] if is_stream else [])])


def _exchange(entry: Fields) -> RecordedExchange | None:
    """Return an entry as an exchange, or None if it has none; then the loss says why."""
    request, response = mapping(entry.take("request")), mapping(entry.take("response"))
    url = urlsplit(string(request.get("url")))
    headers = _headers(response)
    content = mapping(response.get("content"))
    media = (headers.get("content-type") or string(content.get("mimeType"))).partition(";")[0].strip()
    status = response.get("status")
    reason = _reason(entry, status, media, content)
    if reason or not isinstance(status, int):
        entry.lose(f"{url.path}: {reason}; left out")
        return None
    timings = mapping(entry.take("timings"))
    first = sum([_seconds(timings, name) for name in ("send", "wait")])
    end = first + _seconds(timings, "receive")
    headers.setdefault("content-type", media)
    return RecordedExchange(
        method=string(request.get("method")) or "GET",
        path=url.path or "/",
        query=url.query,
        headers=_headers(request),
        body=string(mapping(request.get("postData")).get("text")).encode(),
        status=status,
        response_headers=headers,
        first=first,
        frames=(Frame(end, _body(content)),),
    )


def _reason(entry: Fields, status: Json, media: str, content: Mapping[str, Json]) -> str:
    """Return why an entry cannot become a turn, or an empty string."""
    if entry.take("_webSocketMessages") is not None:
        return "a WebSocket"
    if not isinstance(status, int) or not status:
        return "it has no answer"
    if media and media not in MEDIA:
        return f"{media} is no answer of an API"
    return "the body of its answer was not saved" if content.get("size") and not content.get("text") else ""


def _headers(message: Mapping[str, Json]) -> dict[str, str]:
    fields = objects(message.get("headers"))
    return headers_of([(string(field.get("name")), string(field.get("value"))) for field in fields])


def _body(content: Mapping[str, Json]) -> bytes:
    text = string(content.get("text"))
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return b""
    return text.encode()


def _seconds(timings: Mapping[str, Json], name: str) -> float:
    """Return a time of a HAR, which is in milliseconds, or -1 where it does not apply."""
    value = timings.get(name)
    return max(value, 0) / 1000 if isinstance(value, int | float) else 0.0


HAR = ImportFormat("har", "HAR (log.entries)", lambda value: "entries" in mapping(mapping(value).get("log")), _read)
