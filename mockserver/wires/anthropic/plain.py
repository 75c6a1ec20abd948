"""Plain requests of the Anthropic wire: texts, and tool calls with their results, without anything about caches.

A long history is read in one pass: its characters are counted, and every call has its result in the next message.
Whatever is unusual, right or wrong, makes a request no plain one.
"""

from collections.abc import Sequence

import orjson

from mockserver.core.conversation import Json, JsonObject, Tool, offered
from mockserver.wires.anthropic.cache_control import FIELD
from mockserver.wires.anthropic.request import is_toolset, read_tool
from mockserver.wires.json_values import whole_number
from mockserver.wires.plain import PlainRequest

FIELDS = frozenset(
    {"max_tokens", "messages", "metadata", "model", "stream", "system", "temperature", "tools", "top_k", "top_p"}
)
"""What a plain request may have: fields that change nothing but what `PlainRequest` says."""


def plain(body: JsonObject, default_max_tokens: int | None) -> PlainRequest | None:
    """Return what a valid body says, or None if it is no plain request."""
    if not FIELDS.issuperset(body):
        return None
    characters, system, tools = _characters(body["messages"]), body.get("system", ""), tuple[Tool, ...]()
    if characters is None or type(system) is not str:
        return None
    if "tools" in body:
        offers: Sequence[JsonObject] = body["tools"]
        if any(FIELD in offer or is_toolset(offer) for offer in offers):
            return None
        tools = tuple([read_tool(offer) for offer in offers])
        characters += sum(map(offered, tools))
    limit = whole_number(body.get("max_tokens", default_max_tokens))
    return PlainRequest(body.get("model", ""), body.get("stream") is True, limit, characters + len(system), tools)


def _characters(messages: Sequence[JsonObject]) -> int | None:
    """Return the characters of a plain history, or None for any other."""
    characters, open_calls = 0, set[str]()
    if not messages or messages[0]["role"] != "user":
        return None
    for message in messages:
        content, role = message["content"], message["role"]
        if role == "system" or (open_calls and (role == "assistant" or type(content) is str)):
            return None
        if type(content) is str:
            characters += len(content)
            continue
        for block in content:
            size = _size(block, role, open_calls)
            if size is None:
                return None
            characters += size
        if open_calls and role == "user":
            return None
    return None if open_calls else characters


def _size(block: JsonObject, role: str, open_calls: set[str]) -> int | None:
    """Return the characters of a plain block, or None for any other. `open_calls` are those without a result."""
    kind, text = block["type"], block.get("text")
    if FIELD in block:
        return None
    if kind == "tool_result":
        id, result = block["tool_use_id"], block.get("content", "")
        if id not in open_calls or type(result) is not str:
            return None
        open_calls.remove(id)
        return len(result)
    if kind == "tool_use" and role == "assistant" and block["id"] not in open_calls:
        open_calls.add(block["id"])
        return len(block["name"]) + _json_size(block["input"])
    return len(text) if kind == "text" and type(text) is str and (role == "assistant" or not open_calls) else None


def _json_size(value: Json) -> int:
    """Return the characters of a value as compact JSON."""
    return len(orjson.dumps(value).decode())
