"""Plain requests: a conversation that asks for nothing but an answer to it.

Most requests of a load test are so, and many of an agent. What an answer needs to know of one is read from its body in
a single look; the conversation is parsed only if something asks for it (see `engine.short_step`).
"""

import msgspec

from mockserver.core.conversation import Tool


class PlainRequest(msgspec.Struct, frozen=True, gc=False):
    """What a plain request says: `characters` are those that `Conversation.input_tokens` counts."""

    model: str
    stream: bool
    max_tokens: int | None
    characters: int
    tools: tuple[Tool, ...] = ()
