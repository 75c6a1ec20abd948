"""Plain requests of the chat completions routes. One that is long enough for the prompt cache is none."""

from mockserver.core.conversation import JsonObject, tokens
from mockserver.wires.json_values import whole_number
from mockserver.wires.openai.prefixes import SHORTEST
from mockserver.wires.plain import PlainRequest

FIELDS = frozenset(
    {
        *("frequency_penalty", "max_completion_tokens", "max_tokens", "messages", "metadata", "model"),
        *("presence_penalty", "seed", "stream", "temperature", "top_p", "user"),
    }
)
"""What a plain request may have: fields that change nothing but what `PlainRequest` says."""

_MESSAGE = frozenset({"role", "content", "name"})
_ROLES = frozenset({"system", "developer", "user", "assistant"})
_SYSTEM_ROLES = frozenset({"system", "developer"})


def plain(body: JsonObject, default_max_tokens: int | None) -> PlainRequest | None:
    """Return what a valid body says, or None if it is no plain request."""
    if not FIELDS.issuperset(body):
        return None
    characters, system = 0, 0
    for message in body["messages"]:
        content, role = message.get("content"), message["role"]
        if type(content) is not str or role not in _ROLES or not _MESSAGE.issuperset(message):
            return None
        system += role in _SYSTEM_ROLES
        characters += len(content)
    characters += max(0, system - 1)  # system texts are joined by a line break
    if system == len(body["messages"]) or tokens(characters) >= SHORTEST:
        return None
    limit = whole_number(body.get("max_completion_tokens"))
    if limit is None:
        limit = whole_number(body.get("max_tokens", default_max_tokens))
    return PlainRequest(body.get("model", ""), body.get("stream") is True, limit, characters)
