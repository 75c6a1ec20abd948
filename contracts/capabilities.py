"""What a gateway may offer beside plain answers, and the request that finds out: a table.

A refusal says that the target does not offer a capability. So does an answer that shows no trace of what was asked for,
where the SDKs allow for that. Anything else is offered, and the promises hold it to what it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contracts import sse
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import Json, ReceivedResponse, dig, items

TOOL: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ANSWER: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""The smallest picture: one pixel."""

Fields = dict[str, Any]


def picture(wire: str) -> Fields:
    """Return the messages that show a picture, in the form of a wire."""
    text = {"type": "text", "text": "What is in the picture?"}
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    images = {
        "anthropic": {"type": "image", "source": source},
        "openai": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    }
    return {"messages": [{"role": "user", "content": [images[wire], text]}]}


@dataclass(frozen=True)
class Capability:
    """One capability: the fields that ask for it on each wire that has it, and whether an answer shows a trace."""

    name: str
    fields: Mapping[str, Fields]
    shows: Callable[[ReceivedResponse], bool] = lambda response: True


def chunks(response: ReceivedResponse) -> list[Json]:
    """Return what the events of a stream have as data."""
    return [event.json for event in sse.parse(response.body).events]


CAPABILITIES: tuple[Capability, ...] = (
    Capability("streaming", {"openai": {"stream": True}, "anthropic": {"stream": True}}),
    Capability(
        "usage chunk",
        {"openai": {"stream": True, "stream_options": {"include_usage": True}}},
        lambda response: any(dig(chunk, "usage") for chunk in chunks(response)),
    ),
    Capability(
        "tools",
        {
            "openai": {
                "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": TOOL}}],
                "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
            },
            "anthropic": {
                "tools": [{"name": "get_weather", "input_schema": TOOL}],
                "tool_choice": {"type": "tool", "name": "get_weather"},
            },
        },
    ),
    Capability(
        "structured output",
        {
            "openai": {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "city", "schema": ANSWER, "strict": True},
                }
            },
            "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": ANSWER}}},
        },
    ),
    Capability(
        "thinking",
        {
            "openai": {"reasoning_effort": "low"},
            "anthropic": {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        },
    ),
    Capability("vision", {"openai": picture("openai"), "anthropic": picture("anthropic")}),
    Capability("n", {"openai": {"n": 2}}, lambda response: len(items(dig(response.json, "choices"))) != 1),
    Capability(
        "logprobs",
        {"openai": {"logprobs": True, "top_logprobs": 2}},
        lambda response: dig(response.json, "choices", 0, "logprobs") is not None,
    ),
)
"""Every capability, in the order in which a run asks for them."""


def found_out(capability: Capability, response: ReceivedResponse) -> str:
    """Return how an answer shows that a capability is not offered; an empty string if it is."""
    if 400 <= response.status < 500 or response.status == 501:
        return f"the target answers {response.status}: {_reason(response)}"
    if response.status == 200 and not capability.shows(response):
        return "the target accepts the request for it, and ignores it"
    return ""


def _reason(response: ReceivedResponse) -> str:
    said = dig(response.json, "error", "message") or dig(response.json, "detail") or dig(response.json, "message")
    return " ".join(str(said or response.body[:80].decode("utf-8", "replace")).split())[:120]


def of_wire(operation: OperationSpec) -> list[Capability]:
    """Return the capabilities that the wire of an operation has."""
    return [each for each in CAPABILITIES if operation.wire in each.fields]
