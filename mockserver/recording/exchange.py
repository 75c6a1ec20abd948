"""A recorded exchange: one request to a real gateway, and its answer as it came."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Ended: TypeAlias = Literal["complete", "closed", "reset", "no_answer"]
"""How an answer ended: whole, cut off by the end of the connection, by a reset, or never begun."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a body that came together, and when: seconds since the request was sent."""

    at: float
    payload: bytes


class RecordedExchange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One request and its answer.

    Header names are in lower case. `status` is 0 where no answer came. `first` is when the head of the answer came, in
    seconds since the request was sent; `retry` is the SDK's own count of tries before this one. `repeats` says that the
    answer is an earlier one, given to the same request once more.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    status: int = 0
    response_headers: Mapping[str, str] = {}
    first: float = 0.0
    frames: tuple[Frame, ...] = ()
    ended: Ended = "complete"
    retry: int = 0
    repeats: bool = False

    @property
    def payload(self) -> bytes:
        """The whole body of the answer."""
        return b"".join([frame.payload for frame in self.frames])

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.response_headers.get("content-type", "").startswith("text/event-stream")
