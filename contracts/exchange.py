"""One request and its answer, as recorded: the value that every check reads.

Header names are in lower case. `body` holds the bytes of the answer after the transfer coding was undone; `ended` says
how the answer stopped. Nothing here raises for odd content: what cannot be read is None.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

Ended: TypeAlias = Literal["complete", "cut", "silent", "endless", "none"]
"""How an answer stopped; `DESCRIPTIONS` has the meaning of each word."""

DESCRIPTIONS: Mapping[Ended, str] = {
    "complete": "ended properly",
    "cut": "the connection was lost before the body was complete",
    "silent": "the body was never completed: nothing more came before the time limit",
    "endless": "the body did not end within the limits of size and time",
    "none": "no answer",
}


def read_json(raw: bytes) -> Json:
    """Return the JSON of a body, or None if it is not JSON. A JSON null is None too."""
    try:
        value: Json = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value


def dig(value: Json, *path: str | int) -> Json:
    """Return the value at a path of keys and indexes, or None if there is none."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def items(value: Json) -> list[Json]:
    """Return a list, or an empty one in place of any other value."""
    return value if isinstance(value, list) else []


def count_of(value: Json) -> int | None:
    """Return a whole number, or None for any other value. A boolean is no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class SentRequest:
    """A request as it was sent. `reads` is the number of bytes of the answer that the client takes at a time."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    reads: int = 65_536

    @cached_property
    def json(self) -> Json:
        """The JSON of the body, or None."""
        return read_json(self.body) if self.body else None

    @property
    def credentials(self) -> list[str]:
        """Every key and token in the headers, without the scheme, including an authorization header without one."""
        scheme, _, token = self.headers.get("authorization", "").strip().partition(" ")
        bare = "" if token or scheme.lower() in ("bearer", "basic") else scheme
        return [value.strip() for value in (self.headers.get("x-api-key", ""), token, bare) if value.strip()]

    @property
    def wants_stream(self) -> bool:
        """Whether the request asks for server-sent events."""
        return dig(self.json, "stream") is True


@dataclass(frozen=True)
class ReceivedResponse:
    """What came back. With status 0 nothing did, and `trouble` has the reason."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    ended: Ended = "complete"
    first: float = 0.0
    seconds: float = 0.0
    trouble: str = ""

    @cached_property
    def json(self) -> Json:
        """The JSON of the body, or None."""
        return read_json(self.body)

    def header(self, name: str) -> str | None:
        """Return the value of the first header of this name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def media(self) -> str:
        """The media type without its parameters, in lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_stream(self) -> bool:
        """Whether the content type says server-sent events."""
        return self.media == "text/event-stream"

    @property
    def is_open_stream(self) -> bool:
        """Whether it is a stream that sent events, and went on until the client left."""
        return self.is_stream and self.ended in ("silent", "endless") and b"\n" in self.body


@dataclass(frozen=True)
class CheckedExchange:
    """A request, its answer, the operation of the contract, and when it was sent (seconds since 1970)."""

    request: SentRequest
    response: ReceivedResponse
    operation: str = ""
    at: float = 0.0
    broken_on_purpose: bool = False
    """The request asks for a failure, so a 5xx is the right answer."""
