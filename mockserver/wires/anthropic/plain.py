"""Plain requests of the Anthropic wire."""

from mockserver.core.conversation import JsonObject
from mockserver.wires.json_values import whole_number
from mockserver.wires.plain import PlainRequest

FIELDS = frozenset({"max_tokens", "messages", "metadata", "model", "stream", "temperature", "top_k", "top_p"})
"""What a plain request may have: fields that change nothing but what `PlainRequest` says."""


def plain(body: JsonObject, default_max_tokens: int | None) -> PlainRequest | None:
    """Return what a valid body says, or None if it is no plain request."""
    if not FIELDS.issuperset(body):
        return None
    characters = 0
    for message in body["messages"]:
        content = message["content"]
        if type(content) is not str or message["role"] == "system":
            return None
        characters += len(content)
    if not body["messages"] or body["messages"][0]["role"] != "user":
        return None
    limit = whole_number(body.get("max_tokens", default_max_tokens))
    return PlainRequest(body.get("model", ""), body.get("stream") is True, limit, characters)
