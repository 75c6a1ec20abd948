"""Server-sent events as bytes: one frame is an optional `event:` line, a `data:` line and a blank line.

Source: WHATWG HTML, "Server-sent events" (the event stream format). Every frame that leaves the engine has this one
canonical form, with LF and one space after the colon, so that `split` can read it back.
"""

from mockserver.core.actions import Data

DONE = Data(b"data: [DONE]\n\n", "done")
"""The end of a stream on the OpenAI wire (D0, D1, D3)."""


def frame(data: bytes, event: str = "") -> bytes:
    """Return one frame. `data` must have no line break (JSON on one line has none)."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), data) if event else b"data: %b\n\n" % data


def split(payload: bytes) -> tuple[str, bytes]:
    """Return the event name (or '') and the data of one frame in canonical form."""
    event = b""
    data: list[bytes] = []
    for line in payload.split(b"\n"):
        if line.startswith(b"event: "):
            event = line[7:]
        elif line.startswith(b"data: "):
            data.append(line[6:])
    return event.decode(), b"\n".join(data)
