"""Plain requests: a few texts and nothing that asks for more than an answer to them.

Most requests of a load test are so. What an answer needs to know of one is read from its body in a single look; the
whole conversation is parsed only if something asks for it (see `engine.short_step`).
"""

from typing import NamedTuple


class PlainRequest(NamedTuple):
    """What a plain request says: `characters` are those of its texts, as `Conversation.input_tokens` counts them."""

    model: str
    stream: bool
    max_tokens: int | None
    characters: int
