"""Server-sent events from raw bytes, with everything that the framing checks need.

Theory (WHATWG HTML, "Parsing an event stream"): the text is UTF-8. Lines end with CRLF, LF or CR. A line is a comment
(it begins with a colon), a field (`name: value`) or blank. A blank line dispatches the event before it. An event
without a blank line after it is never dispatched, so clients lose it.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from mockserver.contracts.exchange import Json, read_json

FIELDS = frozenset({"data", "event", "id", "retry"})
DONE = "[DONE]"
BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class SseEvent:
    """One event. `name` is None without an `event:` line; `sent` is False if no blank line follows it."""

    number: int
    name: str | None
    data: str | None
    sent: bool = True

    @cached_property
    def json(self) -> Json:
        """The JSON of its data, or None."""
        return read_json(self.data.encode("utf-8", "surrogatepass")) if self.data else None

    @property
    def is_done(self) -> bool:
        """Whether it is OpenAI's end mark."""
        return (self.data or "").strip() == DONE

    def __str__(self) -> str:
        kind = self.json.get("type") if isinstance(self.json, dict) else None
        return f"event #{self.number} ({self.name or kind or (self.data or '')[:40]!r})"


@dataclass(frozen=True)
class SseStream:
    """All events of a body, and the lines that are not fields."""

    events: tuple[SseEvent, ...]
    strays: tuple[str, ...] = ()
    comments: int = 0
    lone_cr: bool = False


@dataclass
class _Draft:
    name: str | None = None
    data: list[str] = field(default_factory=list)
    touched: bool = False


@lru_cache(maxsize=2)  # every check of a stream asks for its events
def parse(body: bytes) -> SseStream:
    """Return the events of a body. Never raises; bytes that are not UTF-8 become U+FFFD."""
    text = body.removeprefix(BOM).decode("utf-8", "replace")
    events: list[SseEvent] = []
    strays: list[str] = []
    comments, draft = 0, _Draft()
    lines = _LINE.split(text)
    for line in lines if lines[-1] else lines[:-1]:  # nothing after the last line end is no line
        name, colon, value = line.partition(":")
        if not line:
            if draft.touched:
                events.append(_event(len(events), draft, sent=True))
            draft = _Draft()
        elif line.startswith(":"):
            comments += 1
        elif name not in FIELDS:
            strays.append(line)
        else:
            draft.touched = True
            value = value.removeprefix(" ")
            if name == "data":
                draft.data.append(value)
            elif name == "event":
                draft.name = value if colon else ""
    if draft.touched:
        events.append(_event(len(events), draft, sent=False))
    return SseStream(tuple(events), tuple(strays), comments, bool(re.search(r"\r(?!\n)", text)))


def _event(number: int, draft: _Draft, *, sent: bool) -> SseEvent:
    return SseEvent(number, draft.name, "\n".join(draft.data) if draft.data else None, sent)
