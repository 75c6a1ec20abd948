"""Message threads, neutrally: the server keeps a conversation, and a request sends only what is new.

A wire that has them says so with `Wire.threads`. What the server keeps of a thread is one JSON object: the fields of
the request that started it, with every message so far.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import Refusal

ThreadPolicy: TypeAlias = Literal["refuse", "keep", "lose"]
"""What becomes of threads: refused as unsupported, kept in the session, or lost by the next request."""

ERRORS: Mapping[str, tuple[int, str]] = {
    "thread_unsupported_request": (400, "thread: message threads are not supported here. Send the whole conversation."),
    "thread_not_found": (404, "thread.previous_message_id: no thread has this message. Send the whole conversation."),
    "thread_already_continued": (400, "thread.previous_message_id: the thread was continued after this message."),
    "thread_continue_in_flight": (400, "thread.previous_message_id: another request is continuing this thread."),
}
"""Code -> status and message. The error object repeats the code as `details.error_code` (SDK: `_thread_state.py`)."""


class ThreadRequest(NamedTuple):
    """What a request says of its thread: the message that it continues from, or None for a new thread.

    `mentioned` are other kept messages, parts of which it names without sending them. `is_kept` says whether the client
    wants the answer kept.
    """

    previous: str | None
    mentioned: tuple[str, ...] = ()
    is_kept: bool = True

    @property
    def named(self) -> tuple[str, ...]:
        """The messages without which the request is not whole."""
        return (*((self.previous,) if self.previous is not None else ()), *self.mentioned)


Kept: TypeAlias = Mapping[str, JsonObject]
"""What the session keeps of messages, by their ids."""


class KeptView(NamedTuple):
    """An operation on a kept message: its body, from the id and what is kept, and whether the message is then gone."""

    body: Callable[[str, JsonObject], JsonObject]
    forgets: bool = False


class ThreadStyle(NamedTuple):
    """How a wire speaks of threads.

    `requested` reads the thread of a body, None where it names none. `continued` returns the whole body of a request,
    from what is kept of the messages that it names; it raises `Refusal` for one that is not there, and for a field that
    only a new thread takes. `kept` returns what to keep after an answer, from the whole body and the answer's JSON.

    `is_beta` says that a gateway may refuse threads, as `ThreadPolicy` says. `branches` says that a message may be
    continued more than once. `views` are the operations on kept messages, by name.
    """

    requested: Callable[[JsonObject], ThreadRequest | None]
    continued: Callable[[JsonObject, Kept], dict[str, Json]]
    kept: Callable[[JsonObject, JsonObject], dict[str, Json]]
    is_beta: bool
    branches: bool
    views: Mapping[str, KeptView] = {}


def thread_refusal(code: str) -> Refusal:
    """Return the refusal of this code."""
    status, message = ERRORS[code]
    return Refusal(status, code, message)
