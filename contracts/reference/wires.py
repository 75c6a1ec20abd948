"""The reference gateway's answers, on either wire, whole or streamed."""

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockserver.contracts.document import OperationSpec


def event(name: str | None, data: Any) -> bytes:
    """Return one server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


@dataclass
class ReferenceReply:
    """An answer, ready to be sent."""

    cost: int
    body: dict[str, Any]
    events: list[tuple[str | None, Any]] = field(default_factory=list)
    stream: bool = False

    def add_credits(self, left: float) -> None:
        """Add the fields of a managed answer about credits."""
        credits = {
            "credits_consumed": self.cost / 1000,
            "credits_remaining": left,
            "plan_tier": "pro",
            "provider": "other",
        }
        self.body |= credits

    def chunks(self) -> list[bytes]:
        """Return the bytes to send, in pieces."""
        if not self.stream:
            return [json.dumps(self.body, ensure_ascii=False).encode()]
        return [event(name, data) for name, data in self.events]


def render(operation: OperationSpec, body: Any, content: Any, id: str, now: float) -> ReferenceReply:
    """Return an answer in the operation's wire. Text is cut at max_tokens, counting one word as one token."""
    model = body.get("model") or body.get("preferred_model") or "qwen-coder-32b"
    read = 1 + len(json.dumps(body["messages"])) // 4
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or 1024
    cut = isinstance(content, list) and len(content) > limit
    words = content[:limit] if isinstance(content, list) else []
    written = len(words) if words else 8
    sequences = body.get("stop_sequences") or []
    stopped = next((sequence for sequence in sequences if sequence in " ".join(words)), None)
    text = " ".join(words).partition(stopped)[0] if stopped else " ".join(words)
    if operation.wire == "anthropic":
        stop = "stop_sequence" if stopped else "max_tokens" if cut else "end_turn" if words else "tool_use"
        part = _text_part(text) if words else _call_part(id, *content)
        parts = [_thinking_part(id), part] if _thinks(body) else [part]
        reply = _message(model, parts, id, (read, written), (stop, stopped))
    else:
        stop = "length" if cut else "stop" if words else "tool_calls"
        reply = _completion(
            operation, body, (model, id, int(now)), text, None if words else content, (read, written), stop
        )
    reply.stream = bool(body.get("stream"))
    return reply


class ReferencePart(NamedTuple):
    """A block of a message: whole, as it starts in a stream, and its deltas."""

    whole: dict[str, Any]
    opened: dict[str, Any]
    deltas: list[dict[str, Any]]


def _thinks(body: Any) -> bool:
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")


def _thinking_part(id: str) -> ReferencePart:
    whole = {"type": "thinking", "thinking": "A short thought.", "signature": f"signature-{id}"}
    deltas = [
        *({"type": "thinking_delta", "thinking": part} for part in ("A short ", "thought.")),
        {"type": "signature_delta", "signature": whole["signature"]},
    ]
    return ReferencePart(whole, whole | {"thinking": "", "signature": ""}, deltas)


def _text_part(text: str) -> ReferencePart:
    deltas = [{"type": "text_delta", "text": part} for part in (text[:9], text[9:]) if part]
    return ReferencePart({"type": "text", "text": text}, {"type": "text", "text": ""}, deltas)


def _call_part(id: str, name: str, arguments: Any) -> ReferencePart:
    whole = {"type": "tool_use", "id": f"toolu_{id}", "name": name, "input": arguments}
    raw = json.dumps(arguments)
    deltas = [{"type": "input_json_delta", "partial_json": part} for part in (raw[:5], raw[5:]) if part]
    return ReferencePart(whole, whole | {"input": {}}, deltas)


def _message(
    model: str, parts: list[ReferencePart], id: str, usage: tuple[int, int], stop: tuple[str, str | None]
) -> ReferenceReply:
    counts = {"input_tokens": usage[0], "output_tokens": usage[1]}
    head = {"id": f"msg_{id}", "type": "message", "role": "assistant", "model": model}
    end = {"stop_reason": stop[0], "stop_sequence": stop[1]}
    start: dict[str, Any] = head | {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts | {"output_tokens": 1},
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        *(event for index, part in enumerate(parts) for event in _events(index, part)),
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": usage[1]}},
        {"type": "message_stop"},
    ]
    content = [part.whole for part in parts]
    return ReferenceReply(
        sum(usage), head | {"content": content, "usage": counts} | end, [(event["type"], event) for event in events]
    )


def _events(index: int, part: ReferencePart) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": part.opened},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in part.deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _completion(
    operation: OperationSpec,
    body: Any,
    identity: tuple[str, str, int],
    text: str,
    call: Any,
    usage: tuple[int, int],
    stop: str,
) -> ReferenceReply:
    model, id, created = identity
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        *({"content": part} for part in (text[:9], text[9:]) if part),
    ]
    if call is not None:
        arguments = json.dumps(call[1])
        function = {"name": call[0], "arguments": arguments}
        message["tool_calls"] = [{"id": f"call_{id}", "type": "function", "function": function}]
        first = {"index": 0, "id": f"call_{id}", "type": "function", "function": function | {"arguments": ""}}
        rest = [{"index": 0, "function": {"arguments": part}} for part in (arguments[:4], arguments[4:]) if part]
        deltas = [deltas[0], *({"tool_calls": [call_delta]} for call_delta in (first, *rest))]
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    head = {"id": f"chatcmpl-{id}", "created": created, "model": model}
    whole = head | {"object": "chat.completion", "usage": counts}
    whole["choices"] = [{"index": 0, "message": message, "finish_reason": stop}]
    if operation.variant == "byok":
        whole |= {"provider": body["provider"], "iterations": 1, "total_tokens_used": sum(usage), "finish_reason": stop}
    if operation.variant == "managed":
        whole["finish_reason"] = stop
    chunk = head | {"object": "chat.completion.chunk"}
    events = [chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append(chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append(chunk | {"choices": [], "usage": counts})
    return ReferenceReply(sum(usage), whole, [*((None, call_delta) for call_delta in events), (None, "[DONE]")])
