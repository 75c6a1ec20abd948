"""The token counts of a reply: counted, with what the prompt cache did, and changed where the turn says so.

The cached tokens are parts of the input, so they never exceed it: where a turn sets the input alone, the derived parts
shrink to it; where it sets the parts alone, the input grows to them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mockserver.core.conversation import (
    Conversation,
    ReplyBlock,
    Usage,
    output_tokens,
    thinking_tokens,
)
from mockserver.engine.prompt_cache import NO_CACHE, CacheUse

if TYPE_CHECKING:
    from mockserver.scenarios.schema import UsageOverride


class _NoOverride(NamedTuple):
    """What `UsageOverride` has, for a turn that overrides nothing."""

    input: int | None = None
    output: int | None = None
    thinking: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    cached: int | None = None


_NOTHING = _NoOverride()


def usage_of(
    conversation: Conversation,
    blocks: Sequence[ReplyBlock],
    override: "UsageOverride | None" = None,
    cache: CacheUse = NO_CACHE,
) -> Usage:
    """Return the usage of a reply with these blocks."""
    said: UsageOverride | _NoOverride = override or _NOTHING
    count = conversation.choices
    if said.cached is None:
        input = _first(said.input, conversation.input_tokens)
        read = min(cache.read, input)
        write = min(cache.write, input - read)
        hour = min(cache.write_1h, write)
    else:
        input = _first(said.input, max(conversation.input_tokens, said.cached))
        read, write, hour = said.cache_read or 0, said.cache_write or 0, said.cache_write_1h or 0
    return Usage(
        input=input,
        output=_first(said.output, count * output_tokens(blocks)),
        thinking=_first(said.thinking, count * thinking_tokens(blocks)),
        cache_read=read,
        cache_write=write,
        cache_write_1h=hour,
        caches=cache.state != "none" or bool(said.cached),
    )


def _first(said: int | None, counted: int) -> int:
    return counted if said is None else said
