"""What went wrong with an answer, in a few words, whatever its status says.

A 200 whose stream was cut, or whose JSON no client can parse, must not look healthy. An error status speaks for itself;
only how such an answer broke off is reported. The bytes that were delivered are what counts.
"""

import json
import re
import zlib

from mockserver.core.json_text import json_or_none
from mockserver.journal.record import Record
from mockserver.wires.sse import DONE, split

_LINES = re.compile(rb"\r\n|\r|\n")
"""The three ends of a line in a stream of events (WHATWG HTML, "Server-sent events")."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LAST_DATA = split(DONE.payload)[1]
"""The only data of an event that need not be JSON: [DONE]."""


def describe_trouble(record: Record) -> str:
    """Return what went wrong with an answer, or ""."""
    if record.ended != "complete":
        return _break(record)
    if not record.status:
        return "no answer"
    if record.status >= 300 or not record.exchange.captured.actions:
        return ""
    body = b"".join([event.payload for event in record.events])
    if "content-encoding" in record.response_headers:
        return "" if _is_whole_gzip(body) else "malformed gzip"
    if not record.call.operation.is_conversation or record.conversation is None:
        is_json = "json" in record.response_headers.get("content-type", "")
        return "malformed body" if is_json and body and not _is_json(body) else ""
    if not body:
        return "no body"
    if record.conversation.stream != record.answer.is_stream:
        return "a stream for JSON" if record.answer.is_stream else "no stream"
    return _stream_trouble(record, body) if record.answer.is_stream else _body_trouble(record, body)


def _break(record: Record) -> str:
    """Return how an answer broke off, and where."""
    outcome, how = record.exchange.outcome, record.ended.replace("_", " ")
    if not outcome.status:
        return f"{how} before the answer"
    if not outcome.bytes:
        return f"{how} before the body"
    total = max(outcome.of, outcome.frames)
    sent = f"{outcome.frames} of {total}" if total > outcome.frames else f"{total}"
    return f"{how} after {sent} event{'' if total == 1 else 's'}"


def _stream_trouble(record: Record, body: bytes) -> str:
    if record.answer.error:
        return "error event"
    if _has_malformed_event(body):
        return "malformed event"
    return "" if record.answer.is_whole else "ends early"


def _body_trouble(record: Record, body: bytes) -> str:
    if not _is_json(body):
        return "malformed body"
    if not body.lstrip().startswith(b"{"):
        return "no JSON object"
    return "error body" if record.answer.error else ""


def _has_malformed_event(body: bytes) -> bool:
    """Return whether the data of an event is neither JSON nor [DONE], however its bytes were split."""
    data: list[bytes] = []
    for line in _LINES.split(body.removeprefix(_BYTE_ORDER_MARK)):
        if line.startswith(b"data:"):
            data.append(line[5:])
        elif not line:
            text = b"\n".join(data).strip()
            if text and text != _LAST_DATA and not _is_json(text):
                return True
            data = []
    return False


def _is_json(text: bytes) -> bool:
    """Return whether clients can parse a text as JSON: unlike ours, their parsers accept halves of surrogate pairs."""
    if json_or_none(text) is not None:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_whole_gzip(body: bytes) -> bool:
    decoder = zlib.decompressobj(wbits=31)
    try:
        decoder.decompress(body)
    except zlib.error:
        return False
    return decoder.eof
