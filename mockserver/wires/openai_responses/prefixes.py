"""The prefixes of a prompt that the Responses API caches by itself, by the same rule as chat completions.

A prompt begins with its tools; the system text and the messages follow.
"""

from collections.abc import Iterator, Sequence

from mockserver.core.conversation import Conversation, compact_json
from mockserver.wires.caching import CacheStyle, Prefix
from mockserver.wires.json_values import mapping
from mockserver.wires.openai.prefixes import SHORTEST, counted, lifetime_of, prefixes_of


def prefixes(conversation: Conversation) -> Sequence[Prefix]:
    """Return the prefixes of a prompt; none for a short one."""
    if conversation.input_tokens < SHORTEST:
        return ()
    body = conversation.body
    form = mapping(body.get("text")).get("format")
    return prefixes_of(_pieces(conversation), [conversation.model, form], lifetime_of(body))


def _pieces(conversation: Conversation) -> Iterator[tuple[bytes, str]]:
    for tool in conversation.tools:
        yield b"\0tool", tool.name + tool.description + compact_json(tool.schema)
    yield b"\0system", conversation.system
    for message in conversation.messages:
        yield b"\0" + message.role.encode(), ""
        for block in message.blocks:
            yield b"\0block", counted(block) or ""


STYLE = CacheStyle(prefixes=prefixes, counts_writes=False)
