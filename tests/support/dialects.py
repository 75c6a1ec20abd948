"""The two dialects from a client's side: how a request is written, and what an answer says, whole or streamed."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import orjson
from pydantic import JsonValue

from tests.support.engine import CHAT, MESSAGES, Answer

Json = dict[str, Any]


class Said(NamedTuple):
    """What an answer says: its text, its calls as (name, input), why it stopped, its tokens."""

    text: str
    calls: list[tuple[str, Any]]
    stop: str
    input: int
    output: int


class Dialect(Protocol):
    """One dialect. `call` and `result` are messages; `STOP_FIELD` holds a list of stop sequences."""

    path: str
    stop_field: str
    stops: ClassVar[dict[str, str]]

    def tool(self, name: str, schema: Json) -> JsonValue: ...
    def forced(self, name: str) -> JsonValue: ...
    def required(self) -> JsonValue: ...
    def asks_for(self, schema: Json) -> Json: ...
    def call(self, *ids: str) -> JsonValue: ...
    def results(self, *ids: str) -> list[JsonValue]: ...
    def whole(self, answer: Answer) -> Said: ...
    def streamed(self, answer: Answer) -> Said: ...


class Anthropic:
    """The Anthropic dialect."""

    path = MESSAGES
    stop_field = "stop_sequences"
    stops: ClassVar[dict[str, str]] = {
        name: name for name in ("end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal")
    }

    def tool(self, name: str, schema: Json) -> JsonValue:
        return {"name": name, "input_schema": schema}

    def forced(self, name: str) -> JsonValue:
        return {"type": "tool", "name": name}

    def required(self) -> JsonValue:
        return {"type": "any"}

    def asks_for(self, schema: Json) -> Json:
        return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}

    def call(self, *ids: str) -> JsonValue:
        blocks: list[JsonValue] = [{"type": "tool_use", "id": id, "name": "read_file", "input": {}} for id in ids]
        return {"role": "assistant", "content": blocks}

    def results(self, *ids: str) -> list[JsonValue]:
        blocks: list[JsonValue] = [{"type": "tool_result", "tool_use_id": id, "content": "found"} for id in ids]
        return [{"role": "user", "content": blocks}]

    def whole(self, answer: Answer) -> Said:
        body: Json = orjson.loads(answer.payload)
        texts = [block["text"] for block in body["content"] if block["type"] == "text"]
        calls = [(block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use"]
        usage = body["usage"]
        return Said("".join(texts), calls, body["stop_reason"], usage["input_tokens"], usage["output_tokens"])

    def streamed(self, answer: Answer) -> Said:
        events: list[Json] = [dict(event) for event in answer.events]
        names: dict[int, str] = {}
        text, arguments = "", dict[int, str]()
        for event in events:
            if event["type"] == "content_block_start" and event["content_block"]["type"] == "tool_use":
                names[event["index"]] = event["content_block"]["name"]
            if event["type"] == "content_block_delta":
                delta = event["delta"]
                text += delta.get("text", "")
                if "partial_json" in delta:
                    arguments[event["index"]] = arguments.get(event["index"], "") + delta["partial_json"]
        [last] = [event for event in events if event["type"] == "message_delta"]
        calls = [(name, orjson.loads(arguments[index])) for index, name in names.items()]
        usage = last["usage"]
        return Said(text, calls, last["delta"]["stop_reason"], usage["input_tokens"], usage["output_tokens"])


class OpenAI:
    """The OpenAI dialect."""

    path = CHAT
    stop_field = "stop"
    stops: ClassVar[dict[str, str]] = {
        "end_turn": "stop",
        "max_tokens": "length",
        "tool_use": "tool_calls",
        "stop_sequence": "stop",
        "refusal": "content_filter",
    }

    def tool(self, name: str, schema: Json) -> JsonValue:
        return {"type": "function", "function": {"name": name, "parameters": schema}}

    def forced(self, name: str) -> JsonValue:
        return {"type": "function", "function": {"name": name}}

    def required(self) -> JsonValue:
        return "required"

    def asks_for(self, schema: Json) -> Json:
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}

    def call(self, *ids: str) -> JsonValue:
        calls: list[JsonValue] = [
            {"id": id, "type": "function", "function": {"name": "read_file", "arguments": "{}"}} for id in ids
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    def results(self, *ids: str) -> list[JsonValue]:
        return [{"role": "tool", "tool_call_id": id, "content": "found"} for id in ids]

    def whole(self, answer: Answer) -> Said:
        body: Json = orjson.loads(answer.payload)
        choice = body["choices"][0]
        message, usage = choice["message"], body["usage"]
        calls = [
            (call["function"]["name"], orjson.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls", [])
        ]
        tokens = usage["prompt_tokens"], usage["completion_tokens"]
        return Said(message["content"] or "", calls, choice["finish_reason"], *tokens)

    def streamed(self, answer: Answer) -> Said:
        """Read a stream that was requested with `include_usage`."""
        text, stop, usage = "", "", Json()
        calls: list[list[str]] = []
        for event in self._chunks(answer):
            usage = event.get("usage") or usage
            for choice in event["choices"]:
                stop = choice["finish_reason"] or stop
                text += choice["delta"].get("content") or ""
                for call in choice["delta"].get("tool_calls", []):
                    if "id" in call:
                        calls.append([call["function"]["name"], ""])
                    calls[call["index"]][1] += call["function"]["arguments"]
        parsed = [(name, orjson.loads(arguments)) for name, arguments in calls]
        return Said(text, parsed, stop, usage["prompt_tokens"], usage["completion_tokens"])

    def _chunks(self, answer: Answer) -> Iterator[Json]:
        yield from (dict(event) for event in answer.events)


DIALECTS: Sequence[Dialect] = (Anthropic(), OpenAI())
