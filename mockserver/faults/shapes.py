"""One answer in its other form: a stream's frames as the whole body that they say, and a whole body as a stream.

Used by the faults that answer a stream request with JSON, or the other way round, and by those that need to know what
an answer says. Everything is read from the answer itself; nothing is rendered twice from a reply.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from mockserver.core.actions import Actions, Data
from mockserver.faults.fault import NoEffectError, document, is_stream, wire_of
from mockserver.wires.sse import DONE, frame

Object = dict[str, Any]


def whole_of(actions: Actions) -> Object:
    """The JSON of the whole answer, from a stream or from a whole answer itself."""
    documents = [found for action in actions if (found := document(action)) is not None]
    if not documents:
        raise NoEffectError("the answer has no JSON")
    if not is_stream(actions):
        return documents[0]
    return _message(documents) if wire_of(actions) == "anthropic" else _completion(documents)


def _message(events: list[Object]) -> Object:
    message: Object = {}
    blocks: dict[int, Object] = {}
    arguments: dict[int, str] = {}
    for event in events:
        delta = event.get("delta") or {}
        if event.get("type") == "message_start":
            message = dict(event["message"])
        elif event.get("type") == "content_block_start":
            blocks[event["index"]] = dict(event["content_block"])
        elif event.get("type") == "content_block_delta":
            block = blocks.setdefault(event["index"], {"type": "text", "text": ""})
            if "text" in delta:
                block["text"] = block.get("text", "") + (delta["text"] or "")
            elif "partial_json" in delta:
                arguments[event["index"]] = arguments.get(event["index"], "") + (delta["partial_json"] or "")
        elif event.get("type") == "message_delta":
            message |= delta
            message["usage"] = {**(message.get("usage") or {}), **(event.get("usage") or {})}
    for index, text in arguments.items():
        blocks[index]["input"] = _parsed(text)
    message["content"] = [blocks[index] for index in sorted(blocks)]
    return message


def _parsed(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}


def _completion(chunks: list[Object]) -> Object:
    whole = {key: value for key, value in chunks[0].items() if key not in ("choices", "usage")}
    text, finish, calls = "", None, dict[int, Object]()
    for chunk in chunks:
        if chunk.get("usage"):
            whole["usage"] = chunk["usage"]
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            finish = choice.get("finish_reason") or finish
            for piece in delta.get("tool_calls") or ():
                new = {"id": piece.get("id"), "type": "function", "function": {"name": "", "arguments": ""}}
                call = calls.setdefault(piece.get("index") or 0, new)
                function = piece.get("function") or {}
                call["function"]["name"] += function.get("name") or ""
                call["function"]["arguments"] += function.get("arguments") or ""
    message: Object = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {**whole, "object": "chat.completion", "choices": [choice]}


def stream_of(whole: Object) -> list[Data]:
    """A whole body as the shortest stream that says the same."""
    return list(_chunks(whole) if "choices" in whole else _events(whole))


def event(value: Object) -> Data:
    """An event of the Anthropic wire, named by its type."""
    name = str(value["type"])
    return Data(frame(orjson.dumps(value), name), name)


def _events(message: Object) -> Iterator[Data]:
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    yield event({"type": "message_start", "message": start})
    for index, block in enumerate(message.get("content") or ()):
        is_text = block.get("type") == "text"
        empty: Object = {"text": ""} if is_text else {"input": {}}
        yield event({"type": "content_block_start", "index": index, "content_block": {**block, **empty}})
        delta = {"type": "text_delta", "text": block["text"]} if is_text else _json_delta(block.get("input"))
        yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": message.get("stop_reason"), "stop_sequence": message.get("stop_sequence")}
    yield event({"type": "message_delta", "delta": stop, "usage": message.get("usage")})
    yield event({"type": "message_stop"})


def _json_delta(value: object) -> Object:
    return {"type": "input_json_delta", "partial_json": orjson.dumps(value).decode()}


def _chunks(whole: Object) -> Iterator[Data]:
    head = {key: value for key, value in whole.items() if key not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    message, finish = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]

    def chunk(delta: Object, kind: str, reason: object = None) -> Data:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return Data(frame(orjson.dumps({**head, "choices": [choice]})), kind)

    yield chunk({"role": "assistant", "content": ""}, "role")
    if message.get("content"):
        yield chunk({"content": message["content"]}, "text")
    for index, call in enumerate(message.get("tool_calls") or ()):
        yield chunk({"tool_calls": [{"index": index, **call}]}, "tool_call")
    yield chunk({}, "finish", finish)
    yield DONE
