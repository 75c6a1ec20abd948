"""What can happen on the wire: the few actions that every answer is made of.

An answer is a tuple of actions in the order in which they happen. The engine decides them, pure functions
change them (pace, faults), the player performs them; nothing else reaches a socket.

Rules:

- `Head` comes once, before any `Data`; `End` comes last and ends the answer properly (terminator included).
- `Data` is one body, or one frame of a stream: then `event` says what kind of frame it is, so that faults can find
  it and the journal can name it (an Anthropic event's type; `role`, `text`, `tool_call`, `finish`, `usage` or
  `done` on the OpenAI wire; `comment` for an SSE comment).
- `Wait` is time that passes between two actions, in seconds of the session's clock. Waits add up to deadlines that
  are counted from the start of the answer, so that lateness never accumulates.
"""

from typing import TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header names in lower case, with their values, in the order in which they are sent."""


class Head(msgspec.Struct, frozen=True, gc=False, tag="head"):
    """Status line and headers."""

    status: int
    headers: Headers = ()


class Data(msgspec.Struct, frozen=True, gc=False, tag="data"):
    """One body, or one frame of a stream."""

    payload: bytes
    event: str = ""


class Wait(msgspec.Struct, frozen=True, gc=False, tag="wait"):
    """`seconds` pass before the next action."""

    seconds: float


class End(msgspec.Struct, frozen=True, gc=False, tag="end"):
    """The proper end of an answer."""


Action: TypeAlias = Head | Data | Wait | End
Actions: TypeAlias = tuple[Action, ...]
