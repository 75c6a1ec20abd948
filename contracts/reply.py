"""What a model says in an answer, whole or streamed, on any wire: one value to compare and to check.

Reading is lenient: what is missing is None. The grammars and the schemas report it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockserver.contracts import sse
from mockserver.contracts.exchange import Json, ReceivedResponse, count_of, dig, items, read_json

Kind: TypeAlias = Literal["text", "refusal", "tool", "other"]

STOPS = {
    "end_turn": "end",
    "stop": "end",
    "stop_sequence": "end",
    "tool_use": "tool",
    "tool_calls": "tool",
    "function_call": "tool",
    "max_tokens": "length",
    "length": "length",
}
"""The stop reasons of both wires -> one word."""


@dataclass(frozen=True)
class ObservedBlock:
    """One block. `arguments` of a tool call is an object, or None if it cannot be read."""

    kind: Kind
    text: str = ""
    id: str = ""
    name: str = ""
    arguments: Json = None


@dataclass(frozen=True)
class ObservedReply:
    """One reply of a model. `stop` is the word of the wire."""

    id: str | None
    model: str | None
    blocks: tuple[ObservedBlock, ...]
    stop: str | None
    stop_sequence: str | None
    input: int | None
    output: int | None
    total: int | None
    created: int | None
    extra: Json
    choices: int = 1

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(block.text for block in self.blocks if block.kind == "text")

    @property
    def calls(self) -> list[ObservedBlock]:
        """The tool calls."""
        return [block for block in self.blocks if block.kind == "tool"]

    @property
    def ended(self) -> str:
        """Why the reply ended, in one word for both wires."""
        return STOPS.get(self.stop or "", self.stop or "")


def read_reply(wire: str, response: ReceivedResponse) -> ObservedReply | None:
    """Return the reply of a 200, or None if it cannot be read at all."""
    if response.status != 200:
        return None
    whole, stream = READERS[wire]
    if response.is_stream:
        return stream([event.json for event in sse.parse(response.body).events if isinstance(event.json, dict)])
    return whole(response.json) if isinstance(response.json, dict) else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _object(text: Json) -> Json:
    """Return arguments, parsed if they are a string of JSON. An empty string is no arguments."""
    if not isinstance(text, str):
        return text
    return read_json(text.encode("utf-8", "surrogatepass")) if text else {}


def _message(body: Json) -> ObservedReply:
    blocks = []
    for block in items(dig(body, "content")):
        kind = dig(block, "type")
        if kind == "text":
            blocks.append(ObservedBlock("text", _text(dig(block, "text")) or ""))
        elif kind == "tool_use":
            id, name = str(dig(block, "id")), str(dig(block, "name"))
            blocks.append(ObservedBlock("tool", id=id, name=name, arguments=dig(block, "input")))
        else:
            blocks.append(ObservedBlock("other"))
    return ObservedReply(
        _text(dig(body, "id")),
        _text(dig(body, "model")),
        tuple(blocks),
        _text(dig(body, "stop_reason")),
        _text(dig(body, "stop_sequence")),
        _prompt_tokens(dig(body, "usage")),
        count_of(dig(body, "usage", "output_tokens")),
        None,
        None,
        body,
    )


def _prompt_tokens(usage: Json) -> int | None:
    """Return the tokens of the prompt: on this wire the cached ones are counted beside the others."""
    rest = count_of(dig(usage, "input_tokens"))
    if rest is None:
        return None
    names = ("cache_read_input_tokens", "cache_creation_input_tokens")
    return rest + sum(count_of(dig(usage, name)) or 0 for name in names)


def _messages_stream(events: list[Json]) -> ObservedReply:
    """Put a message together from its events, as an SDK does."""
    body: dict[str, Json] = {"content": []}
    content: dict[int, dict[str, Json]] = {}
    for event in events:
        index = count_of(dig(event, "index")) or 0
        kind = dig(event, "type")
        if kind == "message_start":
            message = dig(event, "message")
            body = {**(message if isinstance(message, dict) else {}), "content": []}
        elif kind == "content_block_start":
            block = dig(event, "content_block")
            content[index] = dict(block) if isinstance(block, dict) else {}
        elif kind == "content_block_delta":
            block = content.setdefault(index, {"type": "text", "text": ""})
            for source, target in (("text", "text"), ("partial_json", "json"), ("thinking", "thinking")):
                part = dig(event, "delta", source)
                if isinstance(part, str):
                    block[target] = str(block.get(target) or "") + part
        elif kind == "message_delta":
            for name in ("stop_reason", "stop_sequence"):
                body[name] = dig(event, "delta", name)
            before, after = body.get("usage"), dig(event, "usage")
            merged = {**(before if isinstance(before, dict) else {}), **(after if isinstance(after, dict) else {})}
            body["usage"] = merged
    for block in content.values():
        if block.get("type") == "tool_use" and block.get("json"):
            block["input"] = _object(block["json"])
    body["content"] = [content[index] for index in sorted(content)]
    return _message(body)


def _completion(body: Json) -> ObservedReply:
    message = dig(body, "choices", 0, "message")
    blocks = []
    content = _text(dig(message, "content"))
    if content:
        blocks.append(ObservedBlock("text", content))
    refusal = _text(dig(message, "refusal"))
    if refusal:
        blocks.append(ObservedBlock("refusal", refusal))
    for call in items(dig(message, "tool_calls")):
        arguments = dig(call, "function", "arguments")
        name = str(dig(call, "function", "name"))
        blocks.append(ObservedBlock("tool", id=str(dig(call, "id")), name=name, arguments=_object(arguments)))
    return ObservedReply(
        _text(dig(body, "id")),
        _text(dig(body, "model")),
        tuple(blocks),
        _text(dig(body, "choices", 0, "finish_reason")),
        None,
        count_of(dig(body, "usage", "prompt_tokens")),
        count_of(dig(body, "usage", "completion_tokens")),
        count_of(dig(body, "usage", "total_tokens")),
        count_of(dig(body, "created")),
        body,
        len(items(dig(body, "choices"))),
    )


def _chat_stream(events: list[Json]) -> ObservedReply:
    body: dict[str, Json] = {}
    content, refusal, finish = "", "", None
    calls: dict[int, dict[str, str]] = {}
    for event in events:
        if isinstance(event, dict):
            body.update({key: value for key, value in event.items() if key != "choices" and value is not None})
        choice = dig(event, "choices", 0)
        content += _text(dig(choice, "delta", "content")) or ""
        refusal += _text(dig(choice, "delta", "refusal")) or ""
        finish = dig(choice, "finish_reason") or finish
        for call in items(dig(choice, "delta", "tool_calls")):
            whole = calls.setdefault(count_of(dig(call, "index")) or 0, {"id": "", "name": "", "arguments": ""})
            whole["id"] = whole["id"] or str(dig(call, "id") or "")
            whole["name"] = whole["name"] or str(dig(call, "function", "name") or "")
            whole["arguments"] += _text(dig(call, "function", "arguments")) or ""
    tool_calls = [
        {"id": call["id"], "function": {"name": call["name"], "arguments": call["arguments"]}}
        for call in calls.values()
    ]
    message = {"content": content, "refusal": refusal, "tool_calls": tool_calls}
    whole_body = {**body, "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    return _completion(json.loads(json.dumps(whole_body)))


def _response(body: Json) -> ObservedReply:
    blocks = []
    for item in items(dig(body, "output")):
        kind = dig(item, "type")
        if kind == "message":
            texts = [_text(dig(part, "text")) or "" for part in items(dig(item, "content"))]
            blocks.append(ObservedBlock("text", "".join(texts)))
        elif kind == "function_call":
            id, name = str(dig(item, "call_id")), str(dig(item, "name"))
            blocks.append(ObservedBlock("tool", id=id, name=name, arguments=_object(dig(item, "arguments"))))
        else:
            blocks.append(ObservedBlock("other"))
    return ObservedReply(
        _text(dig(body, "id")),
        _text(dig(body, "model")),
        tuple(blocks),
        _text(dig(body, "status")),
        None,
        count_of(dig(body, "usage", "input_tokens")),
        count_of(dig(body, "usage", "output_tokens")),
        count_of(dig(body, "usage", "total_tokens")),
        count_of(dig(body, "created_at")),
        body,
    )


def _response_stream(events: list[Json]) -> ObservedReply:
    """Return what the last event says: each that ends a stream has the whole response."""
    ends = ("response.completed", "response.incomplete", "response.failed")
    whole = [dig(event, "response") for event in events if dig(event, "type") in ends]
    return _response(whole[-1] if whole else {})


READERS: Mapping[str, tuple[Callable[[Json], ObservedReply], Callable[[list[Json]], ObservedReply]]] = {
    "anthropic": (_message, _messages_stream),
    "openai": (_completion, _chat_stream),
    "openai_responses": (_response, _response_stream),
}
"""Wire -> how a whole answer is read, and how the events of a stream are."""
