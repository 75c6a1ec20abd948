"""The prefixes of a prompt that the OpenAI API caches by itself: from 1,024 tokens on, in steps of 128.

A prompt begins with its tools; its messages follow in their order. The model and the schema asked for belong to every
prefix. `prompt_cache_retention` and `prompt_cache_options.ttl` say how long a prefix is kept. Source: OpenAI's page on
prompt caching (SDK).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import orjson

from mockserver.core.conversation import (
    CHARACTERS_PER_TOKEN,
    Block,
    Conversation,
    Json,
    JsonObject,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    compact_json,
)
from mockserver.wires.caching import DIGEST_SIZE, CacheStyle, Prefix
from mockserver.wires.json_values import mapping, objects, string
from mockserver.wires.openai.request import read_message, read_tool

SHORTEST: Final = 1_024
"""The fewest tokens of a prefix that is cached."""

STEP: Final = 128
"""The tokens between two prefixes."""

LIFETIME: Final = 300
LIFETIMES: Mapping[Json, int] = {"24h": 86_400, "30m": 1_800}
"""What a client can ask for -> seconds."""


def prefixes(conversation: Conversation) -> Sequence[Prefix]:
    """Return the prefixes of a prompt; none for a short one."""
    if conversation.input_tokens < SHORTEST:
        return ()
    body = conversation.body
    return prefixes_of(_pieces(body), [conversation.model, body.get("response_format")], lifetime_of(body))


def prefixes_of(pieces: Iterable[tuple[bytes, str]], shared: Json, lifetime: int) -> Sequence[Prefix]:
    """Return the prefixes of a prompt in pieces; `shared` belongs to every prefix."""
    found: list[Prefix] = []
    digest, count, room = blake2b(orjson.dumps(shared), digest_size=DIGEST_SIZE), 0, STEP * CHARACTERS_PER_TOKEN
    for mark, text in pieces:
        digest.update(mark)
        start = 0
        while start < len(text):
            part = text[start : start + room]
            digest.update(part.encode("utf-8", "surrogatepass"))
            start, room = start + len(part), room - len(part)
            if room == 0:
                count, room = count + STEP, STEP * CHARACTERS_PER_TOKEN
                if count >= SHORTEST:
                    found.append(Prefix(count, digest.digest(), lifetime))
    return found


STYLE = CacheStyle(prefixes=prefixes, counts_writes=False)


def lifetime_of(body: JsonObject) -> int:
    """Return how many seconds a client wants its prefixes kept."""
    asked = body.get("prompt_cache_retention") or mapping(body.get("prompt_cache_options")).get("ttl")
    return LIFETIMES.get(string(asked), LIFETIME)


def _pieces(body: JsonObject) -> Iterator[tuple[bytes, str]]:
    """Yield the pieces of a prompt: what the cache compares but does not count, and the text that it counts."""
    for tool in objects(body.get("tools")):
        offer = read_tool(tool)
        yield b"\0tool", offer.name + offer.description + compact_json(offer.schema)
    yield b"\0system", string(body.get("system"))
    for message in objects(body.get("messages")):
        yield b"\0" + string(message.get("role")).encode("utf-8", "surrogatepass"), ""
        media = (orjson.dumps(part) for part in objects(message.get("content")) if "text" not in part)
        for block in read_message(message).blocks:
            text = counted(block)
            yield (b"\0block", text) if text is not None else (next(media, b"\0media"), "")


def counted(block: Block) -> str | None:
    """Return the text of a block as it is counted; None for one that is not read."""
    match block:
        case Text(text=text) | ToolResult(text=text):
            return text
        case ToolUse(name=name, input=arguments):
            return name + compact_json(arguments)
        case Thinking():
            return ""
    return None
