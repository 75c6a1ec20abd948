"""What a client can read of a chat completion, and the two forms of one answer: whole and streamed."""

from collections.abc import Iterator, Sequence

import orjson

from mockserver.core.actions import Data
from mockserver.core.conversation import Json, JsonObject
from mockserver.wires.json_values import mapping, objects, string, text, whole_number
from mockserver.wires.sse import DONE, frame
from mockserver.wires.wire import CallPiece, Object


def texts(body: JsonObject) -> Iterator[str]:
    """Yield the texts of a whole answer, and the refusal, of each choice."""
    for choice in objects(body.get("choices")):
        yield from _texts(mapping(choice.get("message")))


def thinking(body: JsonObject) -> Iterator[str]:
    """Yield the thinking of a whole answer, one text of each choice."""
    for choice in objects(body.get("choices")):
        content = mapping(choice.get("message")).get("reasoning_content")
        if isinstance(content, str):
            yield content


def calls(body: JsonObject) -> Iterator[CallPiece]:
    """Yield the tool calls of a whole answer."""
    for choice in objects(body.get("choices")):
        for call in objects(mapping(choice.get("message")).get("tool_calls")):
            yield _call(call)


def text_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the texts of one chunk."""
    for choice in objects(data.get("choices")):
        yield from _texts(mapping(choice.get("delta")))


def _texts(said: JsonObject) -> Iterator[str]:
    for name in ("content", "refusal"):
        if isinstance(said.get(name), str):
            yield said[name]


def thinking_deltas(data: JsonObject) -> Iterator[str]:
    """Yield the thinking of one chunk."""
    for choice in objects(data.get("choices")):
        content = mapping(choice.get("delta")).get("reasoning_content")
        if isinstance(content, str):
            yield content


def call_deltas(data: JsonObject) -> Iterator[tuple[int | None, CallPiece]]:
    """Yield what one chunk adds to its tool calls, each with the index of the call."""
    for choice in objects(data.get("choices")):
        for call in objects(mapping(choice.get("delta")).get("tool_calls")):
            yield whole_number(call.get("index")), _call(call)


def _call(call: JsonObject) -> CallPiece:
    custom = mapping(call.get("custom"))
    if custom:
        return text(call.get("id")), text(custom.get("name")), text(custom.get("input"))
    function = mapping(call.get("function"))
    return text(call.get("id")), text(function.get("name")), text(function.get("arguments"))


def whole_of(chunks: Sequence[JsonObject]) -> Object:
    """Join the chunks of a stream into the completion that it says."""
    whole: Object = {key: value for key, value in chunks[0].items() if key not in ("choices", "usage")}
    content, reasoning, refusal, finish, calls_by_index = "", "", "", None, dict[int, Object]()
    for chunk in chunks:
        if chunk.get("usage"):
            whole["usage"] = chunk["usage"]
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            content += delta.get("content") or ""
            reasoning += delta.get("reasoning_content") or ""
            refusal += delta.get("refusal") or ""
            finish = choice.get("finish_reason") or finish
            _join_calls(calls_by_index, delta.get("tool_calls") or ())
    message: Object = {"role": "assistant", "content": content or None}
    if reasoning:
        message["reasoning_content"] = reasoning
    if refusal:
        message["refusal"] = refusal
    if calls_by_index:
        message["tool_calls"] = [calls_by_index[index] for index in sorted(calls_by_index)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {**whole, "object": "chat.completion", "choices": [choice]}


def _join_calls(calls_by_index: dict[int, Object], pieces: Sequence[JsonObject]) -> None:
    """Add the pieces of one delta to the calls that they belong to, by index."""
    for piece in pieces:
        kind, field = ("custom", "input") if "custom" in piece else ("function", "arguments")
        new = {"id": piece.get("id"), "type": kind, kind: {"name": "", field: ""}}
        call = calls_by_index.setdefault(piece.get("index") or 0, new)
        said, whole = piece.get(kind) or {}, call.setdefault(kind, {"name": "", field: ""})
        for name in ("name", field):
            whole[name] += said.get(name) or ""


def stream_of(whole: JsonObject) -> list[Data]:
    """Return the shortest stream that says the same as a completion: one delta for each part."""
    head = {key: value for key, value in whole.items() if key not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    message, finish = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]

    def chunk(delta: Object, kind: str, reason: Json = None) -> Data:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return Data(frame(orjson.dumps({**head, "choices": [choice]})), kind)

    frames = [chunk({"role": "assistant", "content": ""}, "role")]
    if message.get("reasoning_content"):
        frames.append(chunk({"reasoning_content": message["reasoning_content"]}, "reasoning"))
    frames += [chunk({name: message[name]}, "text") for name in ("content", "refusal") if message.get(name)]
    for index, call in enumerate(message.get("tool_calls") or ()):
        frames.append(chunk({"tool_calls": [{"index": index, **call}]}, "tool_call"))
    return [*frames, chunk({}, "finish", finish), DONE]


def kind_of(chunk: JsonObject) -> str:
    """Return the kind of a chunk: what its first choice says, usage without a choice, or an error."""
    if chunk.get("error"):
        return "error"
    choice = next(iter(objects(chunk.get("choices"))), None)
    if choice is None:
        return "usage"
    if choice.get("finish_reason"):
        return "finish"
    delta = mapping(choice.get("delta"))
    fields = (("tool_calls", "tool_call"), ("reasoning_content", "reasoning"), ("content", "text"), ("refusal", "text"))
    return next((kind for name, kind in fields if delta.get(name)), "role" if "role" in delta else "text")


def sent_arguments(body: JsonObject, id: str) -> str | None:
    """Return the arguments of a past call as a request repeats them, letter by letter, or None."""
    for message in objects(mapping(body).get("messages")):
        for sent in objects(message.get("tool_calls")):
            if sent.get("id") == id:
                custom = sent.get("custom")
                return string(
                    mapping(custom).get("input") if custom else mapping(sent.get("function")).get("arguments")
                )
    return None
