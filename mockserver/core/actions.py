"""What can happen on the wire: the few actions that every answer is made of.

An answer is a tuple of actions in the order in which they happen. The engine decides them, pure functions
change them (pace, faults), the player performs them; nothing else reaches a socket.

Rules:

- `Head` comes once, before any `Data`; `End` comes last and ends the answer properly (terminator included).
- `Data` is one body, or one frame of a stream: then `event` says what kind of frame it is, so that faults can find
  it and the journal can name it (an Anthropic event's type; `role`, `text`, `tool_call`, `finish`, `usage` or
  `done` on the OpenAI wire; `comment` for an SSE comment). A frame that is cut into pieces keeps its name on the first.
- `Wait` is time that passes between two actions, in seconds of the session's clock. Waits add up to deadlines that
  are counted from the start of the answer, so that lateness never accumulates. `Wait(0)` is a flush: what was due
  goes out as a write of its own.
- `Hold` is a pause of the client's own time, not the session's: somebody looks at the answer, and lets it go on.
- `Close`, `Reset` and `Hang` end an answer improperly, in place of `End`; nothing comes after `Close` and `Reset`.
- `Raw` and a bare `Head` go past the server's HTTP framing; they need a real socket.
"""

from typing import TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header names in lower case, with their values, in the order in which they are sent."""


class Head(msgspec.Struct, frozen=True, gc=False, tag="head"):
    """Status line and headers.

    A `bare` head is written as it stands: no chunking, no check of content-length, the body's bytes as they are; and
    the end of the answer is the end of the connection.
    """

    status: int
    headers: Headers = ()
    bare: bool = False
    version: str = "1.1"


class Data(msgspec.Struct, frozen=True, gc=False, tag="data"):
    """One body, or one frame of a stream."""

    payload: bytes
    event: str = ""


class Wait(msgspec.Struct, frozen=True, gc=False, tag="wait"):
    """`seconds` pass before the next action."""

    seconds: float


class End(msgspec.Struct, frozen=True, gc=False, tag="end"):
    """The proper end of an answer."""


class Close(msgspec.Struct, frozen=True, gc=False, tag="close"):
    """The connection is closed (FIN) as it is: what was due is delivered, no terminator is."""


class Reset(msgspec.Struct, frozen=True, gc=False, tag="reset"):
    """The connection is reset (RST) once what was due has been delivered."""


class Raw(msgspec.Struct, frozen=True, gc=False, tag="raw"):
    """Bytes past HTTP framing: what a broken server or proxy would put on the connection."""

    payload: bytes


class Hang(msgspec.Struct, frozen=True, gc=False, tag="hang"):
    """The connection stays open and silent until the client leaves, or for so many seconds, and is then closed."""

    seconds: float


class Hold(msgspec.Struct, frozen=True, gc=False, tag="hold"):
    """The answer waits here until somebody lets it go on, or for so many seconds of real time."""

    seconds: float


Action: TypeAlias = Head | Data | Wait | End | Close | Reset | Raw | Hang | Hold
Actions: TypeAlias = tuple[Action, ...]
