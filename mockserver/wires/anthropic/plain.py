"""Plain requests of the Anthropic wire: texts, and tool calls with their results, without anything about caches.

A long history is read in one pass: its characters are counted, and every call has its result in the next message.
Whatever is unusual, right or wrong, makes a request no plain one.
"""

from collections.abc import Sequence

import orjson

from mockserver.core.conversation import JsonObject, Tool, offered
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
    characters, system = _characters(body["messages"]), body.get("system", "")
    tools: tuple[Tool, ...] = ()
    if characters is None or type(system) is not str:
        return None
    if "tools" in body:
        offers: Sequence[JsonObject] = body["tools"]
        if any(FIELD in offer or is_toolset(offer) for offer in offers):
            return None
        tools = tuple([read_tool(offer) for offer in offers])
        characters += sum(map(offered, tools))
    limit = body.get("max_tokens", default_max_tokens)
    if type(limit) is not int:
        limit = whole_number(limit)
    return PlainRequest(body.get("model", ""), body.get("stream") is True, limit, characters + len(system), tools)


def _characters(messages: Sequence[JsonObject]) -> int | None:
    """Return the characters of a plain history, or None for any other."""
    if not messages or messages[0]["role"] != "user":
        return None
    characters = 0
    open_calls: set[str] = set()
    for message in messages:
        content, role = message["content"], message["role"]
        if type(content) is str:
            if open_calls or role == "system":
                return None
            characters += len(content)
        elif role == "assistant" and not open_calls:
            size = _said(content, open_calls)
            if size is None:
                return None
            characters += size
        elif role == "user":
            size = _heard(content, open_calls)
            if size is None or open_calls:
                return None
            characters += size
        else:
            return None
    return None if open_calls else characters


def _said(content: Sequence[JsonObject], open_calls: set[str]) -> int | None:
    """Return the characters of an assistant's plain blocks, or None for others; add its calls to `open_calls`."""
    characters = 0
    for block in content:
        kind = block["type"]
        if FIELD in block:
            return None
        if kind == "text":
            characters += len(block["text"])
        elif kind == "tool_use" and block["id"] not in open_calls:
            open_calls.add(block["id"])
            characters += len(block["name"]) + len(orjson.dumps(block["input"]).decode())
        else:
            return None
    return characters


def _heard(content: Sequence[JsonObject], open_calls: set[str]) -> int | None:
    """Return the characters of a user's plain blocks, or None for others; remove the calls that they answer."""
    characters = 0
    for block in content:
        kind = block["type"]
        if FIELD in block:
            return None
        if kind == "tool_result" and block["tool_use_id"] in open_calls:
            result = block.get("content", "")
            if type(result) is not str:
                return None
            open_calls.remove(block["tool_use_id"])
            characters += len(result)
        elif kind == "text" and not open_calls:
            characters += len(block["text"])
        else:
            return None
    return characters
