"""The prefixes of a prompt that the Anthropic API caches: up to each breakpoint, if that is long enough for the model.

A breakpoint also finds what another request has kept up to one of the 20 blocks before it, so that a conversation whose
breakpoint moves on finds its beginning again. The model belongs to every prefix, `tool_choice` and `thinking` to those
that end in messages: a prompt that changes them is not found. Source: Anthropic's page on prompt caching (SDK).
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Final

import orjson

from mockserver.core import catalogue
from mockserver.core.conversation import Conversation, heard, offered, tokens
from mockserver.wires.anthropic.cache_control import FIELD, PromptBlock, blocks, lifetime_of, without_control
from mockserver.wires.anthropic.request import is_toolset, read_block, read_tool
from mockserver.wires.caching import DIGEST_SIZE, CacheStyle, Prefix

LOOKBACK: Final = 20
"""How many blocks before a breakpoint may have been the end of an earlier prefix."""

SHORTEST: Final = 1_024
"""The fewest tokens of a prefix that is cached, for every model that is not in the table."""

SHORTEST_OF: Mapping[str, int] = {
    "claude-opus-4-[567]*": 4_096,
    "claude-haiku-4-5*": 4_096,
    "claude-*haiku*": 2_048,
}
"""Glob of a folded model id -> its fewest tokens; the first that fits counts."""


def prefixes(conversation: Conversation) -> Sequence[Prefix]:
    """Return the prefixes that a request can find, and those that it keeps."""
    body = conversation.body
    if not conversation.marks_cache:
        return ()
    prompt = list(blocks(body))
    lifetimes = [lifetime_of(block.json) for block in prompt]
    if body.get(FIELD) is not None and lifetimes[-1] is None:
        lifetimes[-1] = lifetime_of(body)
    breakpoints = [number for number, lifetime in enumerate(lifetimes) if lifetime is not None]
    shortest, digest, characters = _shortest(conversation.model), _digest(conversation.model), 0
    found: list[Prefix] = []
    is_begun = False
    for number, block in enumerate(prompt[: breakpoints[-1] + 1]):
        if not is_begun and block.place[0] == "messages":
            is_begun = True
            digest.update(orjson.dumps([body.get("tool_choice"), body.get("thinking")]))
        digest.update(_bytes_of(block))
        characters += _characters(block)
        is_near = any(number <= place <= number + LOOKBACK for place in breakpoints)
        if is_near and tokens(characters) >= shortest:
            found.append(Prefix(tokens(characters), digest.digest(), lifetimes[number]))
    return found


STYLE = CacheStyle(prefixes=prefixes, counts_writes=True)


def _shortest(model: str) -> int:
    folded = catalogue.fold(model)
    return next((count for glob, count in SHORTEST_OF.items() if fnmatchcase(folded, glob)), SHORTEST)


def _digest(model: str) -> blake2b:
    return blake2b(model.encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE)


def _bytes_of(block: PromptBlock) -> bytes:
    return orjson.dumps([block.role, without_control(block.json)])


def _characters(block: PromptBlock) -> int:
    if block.role == "tools":
        return 0 if is_toolset(block.json) else offered(read_tool(block.json))
    return heard(read_block(block.json))
