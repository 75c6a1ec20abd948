"""What a client can read of an Anthropic answer, and the two forms of one answer: whole and streamed."""

from collections.abc import Iterator, Sequence

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import JsonObject
from mockserver.wires.anthropic.reply import event
from mockserver.wires.json_values import mapping, objects, parsed, text, whole_number
from mockserver.wires.wire import CallPiece, Object


def texts(body: JsonObject) -> Iterator[str]:
    """Yield the texts of a whole answer."""
    for block in objects(body.get("content")):
        if isinstance(block.get("text"), str):
            yield block["text"]


def thinking(body: JsonObject) -> Iterator[str]:
    """Yield the thinking of a whole answer."""
    for block in objects(body.get("content")):
        if isinstance(block.get("thinking"), str):
            yield block["thinking"]


def calls(body: JsonObject) -> Iterator[CallPiece]:
    """Yield the tool calls of a whole answer."""
    for block in objects(body.get("content")):
        if block.get("type") == "tool_use":
            yield text(block.get("id")), text(block.get("name")), orjson.dumps(block.get("input")).decode()


def text_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the texts of one event."""
    piece = mapping(data.get("delta")).get("text")
    if isinstance(piece, str):
        yield piece


def thinking_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the thinking of one event."""
    piece = mapping(data.get("delta")).get("thinking")
    if isinstance(piece, str):
        yield piece


def call_deltas(data: JsonObject) -> Iterator[tuple[int | None, CallPiece]]:
    """Yield what one event adds to a tool call, with the index of its block."""
    block, piece = mapping(data.get("content_block")), mapping(data.get("delta")).get("partial_json")
    if block.get("type") == "tool_use":
        yield whole_number(data.get("index")), (text(block.get("id")), text(block.get("name")), "")
    if isinstance(piece, str):
        yield whole_number(data.get("index")), ("", "", piece)


_JOINED = ("text", "thinking", "signature")
"""The fields of a block that its deltas add to."""


def whole_of(events: Sequence[JsonObject]) -> Object:
    """Join the data of a stream's events into the message that it says."""
    message: Object = {}
    blocks: dict[int, Object] = {}
    arguments: dict[int, str] = {}
    for data in events:
        delta = data.get("delta") or {}
        match data.get("type"):
            case "message_start":
                message = dict(data["message"])
            case "content_block_start":
                blocks[data["index"]] = dict(data["content_block"])
            case "content_block_delta":
                block = blocks.setdefault(data["index"], {"type": "text", "text": ""})
                for name in _JOINED:
                    if name in delta:
                        block[name] = block.get(name, "") + (delta[name] or "")
                if "partial_json" in delta:
                    arguments[data["index"]] = arguments.get(data["index"], "") + (delta["partial_json"] or "")
            case "message_delta":
                message |= delta
                message["usage"] = {**(message.get("usage") or {}), **(data.get("usage") or {})}
    for index, written in arguments.items():
        blocks[index]["input"] = parsed(written)
    message["content"] = [blocks[index] for index in sorted(blocks)]
    return message


def stream_of(message: JsonObject) -> list[Data]:
    """Return the shortest stream that says the same as a message: one delta a block."""
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    frames = [_event({"type": "message_start", "message": start})]
    for index, block in enumerate(message.get("content") or ()):
        empty, deltas = _empty_and_deltas(block)
        frames += [
            _event({"type": "content_block_start", "index": index, "content_block": {**block, **empty}}),
            *[_event({"type": "content_block_delta", "index": index, "delta": delta}) for delta in deltas],
            _event({"type": "content_block_stop", "index": index}),
        ]
    stop = {"stop_reason": message.get("stop_reason"), "stop_sequence": message.get("stop_sequence")}
    frames.append(_event({"type": "message_delta", "delta": stop, "usage": message.get("usage")}))
    return [*frames, _event({"type": "message_stop"})]


def _event(data: JsonObject) -> Data:
    return event(str(data["type"]), data)


def _empty_and_deltas(block: JsonObject) -> tuple[Object, list[Object]]:
    """Return the fields that a block starts with instead of its own, and the deltas that fill them."""
    match block.get("type"):
        case "text":
            return {"text": ""}, [{"type": "text_delta", "text": block["text"]}]
        case "thinking":
            signature = {"type": "signature_delta", "signature": block.get("signature", "")}
            return {"thinking": "", "signature": ""}, [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                signature,
            ]
        case "redacted_thinking":
            return {}, []
        case _:
            arguments = orjson.dumps(block.get("input")).decode()
            return {"input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]


def sent_arguments(body: JsonObject, id: str) -> str | None:
    """Return None: this wire repeats the arguments of a call as an object."""
    return None
