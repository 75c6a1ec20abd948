"""Actions: the few things that can happen on the wire. Every answer is made of them.

An answer is a tuple of actions in the order in which they happen. The engine decides them, pure functions
change them (pace, faults), and the player performs them; nothing else reaches a socket.

Rules:

- `Head` comes once, before any `Data`. `End` comes last and ends the answer properly, terminator included.
- `Data` is one body, or one frame of a stream. The `event` of a frame is its kind (`Wire.events`, or `comment` for an
  SSE comment), by which faults find it and the journal names it. A frame cut into pieces keeps it on the first piece.
- `Wait` is time that passes between two actions, in seconds of the session's clock. Waits add up to deadlines that
  count from the start of the answer, so that lateness never accumulates. `Wait(0)` is a flush: what is due goes out
  as a write of its own.
- `Hold` is a pause in real time, not in the session's: a test or a person looks at the answer, then releases it.
- `Close`, `Reset` and `Hang` end an answer improperly instead of `End`; nothing comes after `Close` and `Reset`.
- `Raw` and a bare `Head` bypass the server's HTTP framing; they need a real socket.
"""

from typing import TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header names in lower case, with their values, in the order in which they are sent."""


class Head(msgspec.Struct, frozen=True, gc=False, tag="head"):
    """Status line and headers.

    A `bare` head is written as it is: no chunking, no check of content-length, the body's bytes unchanged. The end of
    the answer then is the end of the connection.
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
    """`seconds` that pass before the next action."""

    seconds: float


class End(msgspec.Struct, frozen=True, gc=False, tag="end"):
    """The proper end of an answer."""


class Close(msgspec.Struct, frozen=True, gc=False, tag="close"):
    """Close the connection (FIN): what was due is delivered, but no terminator."""


class Reset(msgspec.Struct, frozen=True, gc=False, tag="reset"):
    """Reset the connection (RST) once what was due has been delivered."""


class Raw(msgspec.Struct, frozen=True, gc=False, tag="raw"):
    """Bytes outside HTTP framing, as a broken server or proxy would send them."""

    payload: bytes


class Hang(msgspec.Struct, frozen=True, gc=False, tag="hang"):
    """Keep the connection open and silent until the client leaves, at most `seconds`, then close it."""

    seconds: float


class Hold(msgspec.Struct, frozen=True, gc=False, tag="hold"):
    """Stop the answer here until it is released, at most `seconds` of real time."""

    seconds: float


Action: TypeAlias = Head | Data | Wait | End | Close | Reset | Raw | Hang | Hold
Actions: TypeAlias = tuple[Action, ...]
