"""The answer of the Responses API: one body, or the stream of events that says the same.

A reply is a list of output items: `reasoning`, `message`, `function_call` and `custom_tool_call`. Texts that follow
each other are parts of one message. The id of an item is that of its response with another prefix and the item's
number, so that a request that names the item by its id alone (`item_reference`) also names the response.

A stream opens with `response.created` and `response.in_progress`. Each item has `response.output_item.added`, the
events of its parts, and `response.output_item.done`; every part is added, sent in deltas, and repeated as a whole when
it is done. `response.completed` (or `incomplete`) ends the stream with the whole response; there is no `[DONE]`.
Every event has its `sequence_number`, from 0.

Thinking is the summary of a reasoning item, and its signature is `encrypted_content`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import (
    Conversation,
    JsonObject,
    Reply,
    ReplyBlock,
    Stop,
    Text,
    Thinking,
    Usage,
    compact_json,
    refusal_text,
)
from mockserver.wires.chunks import Chunk, argument_pieces, text_pieces
from mockserver.wires.json_values import objects, string
from mockserver.wires.sse import frame
from mockserver.wires.wire import Object

ID_PREFIX = "resp_"
TOOL_ID_PREFIX = "call_"
ITEM_PREFIXES: Mapping[str, str] = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
}
"""Type of an output item -> how its id begins."""

STATUS: Mapping[Stop, str] = {
    "end_turn": "completed",
    "max_tokens": "max_output_tokens",
    "stop_sequence": "completed",
    "tool_use": "completed",
    "refusal": "content_filter",
}
"""The neutral stop reason -> the response's status, or why it is incomplete."""

ECHOED: Mapping[str, object] = {
    "background": False,
    "frequency_penalty": 0.0,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
}
"""The fields of a request that its response repeats, with their defaults."""

FUNCTION: JsonObject = {"description": None, "parameters": None, "strict": True}
"""The fields of a function tool that its response repeats, with their defaults."""

DELTAS = frozenset(
    {
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
    }
)
LAST_EVENTS = frozenset({"response.completed", "response.incomplete"})
EVENTS = (
    *("response.created", "response.in_progress", "response.output_item.added"),
    *("response.content_part.added", "response.output_text.delta", "response.output_text.done"),
    *("response.refusal.delta", "response.refusal.done", "response.content_part.done"),
    *("response.reasoning_summary_part.added", "response.reasoning_summary_text.delta"),
    *("response.reasoning_summary_text.done", "response.reasoning_summary_part.done"),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    *("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"),
    *("response.output_item.done", "response.completed", "response.incomplete"),
)

Cut: TypeAlias = Callable[[str], Sequence[str]]
"""How a text is cut into deltas."""


class CutStyle(NamedTuple):
    """How the parts of an answer are cut into deltas: texts, and the arguments of calls."""

    text: Cut
    arguments: Cut


UNCUT = CutStyle(lambda text: [text] if text else [], lambda text: [text] if text else [])


def status_of(stop: Stop, blocks: Sequence[ReplyBlock]) -> str:
    """Return the status of a reply. A refusal in words of the model's own is complete."""
    return "completed" if stop == "refusal" and refusal_text(blocks) else STATUS[stop]


def echoed(conversation: Conversation) -> Object:
    """Return the fields of a response that repeat its request."""
    body = conversation.body
    fields = {name: default if body.get(name) is None else body[name] for name, default in ECHOED.items()}
    tools = [{**FUNCTION, **tool} if tool.get("type") == "function" else tool for tool in objects(fields["tools"])]
    return {**fields, "tools": tools}


def whole(reply: Reply) -> bytes:
    """Return the body of a whole answer."""
    return orjson.dumps(_response(reply))


def frames(reply: Reply, chunk: Chunk) -> list[Data]:
    """Return the frames of a streamed answer, in order."""
    style = CutStyle(lambda text: text_pieces(text, chunk), lambda text: argument_pieces(text, chunk) if text else [])
    return stream(_response(reply), style)


def stream(response: JsonObject, style: CutStyle) -> list[Data]:
    """Return the frames of the stream that says the same as a whole response."""
    nothing_yet: Object = {"completed_at": None, "incomplete_details": None, "output": [], "usage": None}
    begun = {**response, "status": "in_progress", **nothing_yet}
    frames = [event("created", 0, {"response": begun}), event("in_progress", 1, {"response": begun})]
    for number, item in enumerate(objects(response.get("output"))):
        frames += item_frames(item, number, len(frames), style)
    end = "incomplete" if response.get("status") == "incomplete" else "completed"
    return [*frames, event(end, len(frames), {"response": response})]


def event(name: str, sequence: int, data: JsonObject) -> Data:
    """Return the event of this name, which begins with `response.`, at its place in the stream."""
    kind = f"response.{name}"
    return Data(frame(orjson.dumps({"type": kind, "sequence_number": sequence, **data}), kind), kind)


def item_frames(item: JsonObject, number: int, sequence: int, style: CutStyle) -> list[Data]:
    """Return the frames of an output item; the first has this sequence number."""
    kind = string(item.get("type"))
    field = _TEXT_FIELDS.get(kind, "")
    open_item = {**item, field: [] if isinstance(item.get(field), list) else ""} if field else dict(item)
    if "status" in item:
        open_item["status"] = "in_progress"
    events = [
        ("output_item.added", {"item": open_item}),
        *_parts(kind, item, style),
        ("output_item.done", {"item": item}),
    ]
    place = {"output_index": number}
    return [
        event(name, sequence + offset, {**(place if "item" in data else {"item_id": item.get("id"), **place}), **data})
        for offset, (name, data) in enumerate(events)
    ]


_TEXT_FIELDS: Mapping[str, str] = {
    "message": "content",
    "reasoning": "summary",
    "function_call": "arguments",
    "custom_tool_call": "input",
}
"""Type of an output item -> the field that a stream sends in deltas."""

Named: TypeAlias = tuple[str, Object]
"""The name of an event, and its own data."""


def _parts(kind: str, item: JsonObject, style: CutStyle) -> Iterator[Named]:
    if kind == "message":
        for index, part in enumerate(objects(item.get("content"))):
            yield from _content_part(index, part, style)
    elif kind == "reasoning":
        for index, part in enumerate(objects(item.get("summary"))):
            yield from _summary_part(index, part, style)
    elif kind in _TEXT_FIELDS:
        field = _TEXT_FIELDS[kind]
        name = "function_call_arguments" if kind == "function_call" else "custom_tool_call_input"
        text = string(item.get(field))
        yield from [(f"{name}.delta", {"delta": piece}) for piece in style.arguments(text)]
        yield f"{name}.done", {field: text}


def _content_part(index: int, part: JsonObject, style: CutStyle) -> Iterator[Named]:
    field, name = ("refusal", "refusal") if "refusal" in part else ("text", "output_text")
    more: Object = {"logprobs": []} if field == "text" else {}
    place: Object = {"content_index": index}
    text = string(part.get(field))
    yield "content_part.added", {**place, "part": {**part, field: ""}}
    yield from [(f"{name}.delta", {**place, "delta": piece, **more}) for piece in style.text(text)]
    yield f"{name}.done", {**place, field: text, **more}
    yield "content_part.done", {**place, "part": part}


def _summary_part(index: int, part: JsonObject, style: CutStyle) -> Iterator[Named]:
    place: Object = {"summary_index": index}
    text = string(part.get("text"))
    yield "reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}
    yield from [("reasoning_summary_text.delta", {**place, "delta": piece}) for piece in style.text(text)]
    yield "reasoning_summary_text.done", {**place, "text": text}
    yield "reasoning_summary_part.done", {**place, "part": part}


def _response(reply: Reply) -> Object:
    status = status_of(reply.stop, reply.blocks)
    is_complete = status == "completed"
    return {
        "id": ID_PREFIX + reply.id,
        "object": "response",
        "created_at": reply.created,
        "completed_at": reply.created if is_complete else None,
        "status": "completed" if is_complete else "incomplete",
        "error": None,
        "incomplete_details": None if is_complete else {"reason": status},
        "model": reply.model,
        "output": _output(reply, "completed" if is_complete else "incomplete"),
        "usage": _usage(reply.usage),
        **reply.extras,
    }


def _output(reply: Reply, status: str) -> list[Object]:
    """Return the output items. Only the last can be incomplete."""
    items: list[Object] = []
    for block in reply.blocks:
        if isinstance(block, Text) and items and items[-1]["type"] == "message":
            items[-1]["content"].append(_content(block))
        else:
            items.append(_item(block))
    for number, item in enumerate(items):
        item["id"] = f"{ITEM_PREFIXES[item['type']]}{reply.id}_{number}"
    if items and "status" in items[-1]:
        items[-1]["status"] = status
    return items


def _item(block: ReplyBlock) -> Object:
    if isinstance(block, Text):
        message = {"type": "message", "status": "completed", "role": "assistant"}
        return {"id": "", **message, "content": [_content(block)]}
    if isinstance(block, Thinking):
        return {"id": "", **reasoning(block)}
    if block.is_custom:
        text = block.input.get("input")
        words = text if isinstance(text, str) else compact_json(block.input)
        return {"id": "", "type": "custom_tool_call", "call_id": block.id, "name": block.name, "input": words}
    call = {"call_id": block.id, "name": block.name, "arguments": compact_json(block.input)}
    return {"id": "", "type": "function_call", "status": "completed", **call}


def _content(block: Text) -> Object:
    if block.is_refusal:
        return {"type": "refusal", "refusal": block.text}
    return {"type": "output_text", "text": block.text, "annotations": [], "logprobs": []}


def reasoning(block: Thinking) -> Object:
    """Return a block of thinking as a reasoning item without its id. Redacted or hidden thinking has no summary."""
    is_visible = block.text and not block.redacted
    summary = [{"type": "summary_text", "text": block.text}] if is_visible else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": block.signature or None}


def _usage(usage: Usage) -> Object:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.thinking},
        "total_tokens": usage.total,
    }
