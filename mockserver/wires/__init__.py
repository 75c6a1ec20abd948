"""The two wires: how a request of each dialect becomes one conversation, and one reply becomes its answer.

`anthropic` and `openai` each have `parse`, `check`, `whole` and `frames`; the table `WIRES` gives the engine both in
one shape. `sse` writes frames, `chunks` cuts deltas, `pairing` is the rule of tool calls, `failures` the error answers.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mockserver.core.actions import Data
from mockserver.core.conversation import Conversation, JsonObject, Reply
from mockserver.wires import anthropic, openai
from mockserver.wires.chunks import Chunk


class Wire(NamedTuple):
    """One dialect. `frames` takes the conversation because a stream's form depends on what the client asked for."""

    name: str
    tool_id_prefix: str
    request_id_header: str
    parse: Callable[[JsonObject, int | None], Conversation]
    check: Callable[[Conversation], None]
    whole: Callable[[Reply], bytes]
    frames: Callable[[Reply, Chunk, Conversation], list[Data]]


WIRES: Mapping[str, Wire] = {
    "anthropic": Wire(
        name="anthropic",
        tool_id_prefix=anthropic.TOOL_ID_PREFIX,
        request_id_header="request-id",
        parse=anthropic.parse,
        check=anthropic.check,
        whole=anthropic.whole,
        frames=lambda reply, chunk, conversation: anthropic.frames(reply, chunk),
    ),
    "openai": Wire(
        name="openai",
        tool_id_prefix=openai.TOOL_ID_PREFIX,
        request_id_header="x-request-id",
        parse=openai.parse,
        check=openai.check,
        whole=openai.whole,
        frames=lambda reply, chunk, conversation: openai.frames(reply, chunk, conversation.include_usage),
    ),
}
