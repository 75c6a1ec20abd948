"""A request as matchers see it."""

from collections.abc import Mapping

import msgspec

from mockserver.core.conversation import Conversation, JsonObject
from mockserver.openapi.operation import Operation
from mockserver.wires.caching import CacheState


class Call(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A parsed request with its operation and the state of its session.

    `conversation` is None for an operation that takes no messages. Header names are in lower case. `warnings` say what
    the mock accepts although the documents or the model do not allow it, and what it makes of it. `cache` is what the
    prompt cache does for it.
    """

    operation: Operation
    conversation: Conversation | None
    path: str = ""
    headers: Mapping[str, str] = {}
    key: str = ""
    body: JsonObject = {}
    state: str = "start"
    warnings: tuple[str, ...] = ()
    cache: CacheState = "none"

    def __repr__(self) -> str:
        return f"<call of {self.operation.name}>"  # the other fields hold keys and passwords
