"""The request of POST /v1/messages: a body becomes a conversation (D1).

`parse` takes any JSON object, because people want to read refused requests too, and because the schema of an operation
need not describe every field that another one has. `check` adds what a schema cannot say of a valid body.
"""

from collections.abc import Mapping

from mockserver.core.conversation import (
    Block,
    Conversation,
    Json,
    JsonObject,
    Media,
    Message,
    ResponseFormat,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
)
from mockserver.core.errors import Refusal
from mockserver.wires.anthropic import cache_control, thinking
from mockserver.wires.json_values import mapping, objects, string, strings, whole_number
from mockserver.wires.pairing import Unpaired, find_unpaired
from mockserver.wires.response_schema import check_response_schema

_AUTO = ToolChoice("auto")
_CHOICES: Mapping[str, ToolChoice] = {
    "auto": _AUTO,
    "any": ToolChoice("required"),
    "none": ToolChoice("none"),
}

_PAIRING = {
    "result_without_call": "messages.{m}.content.{b}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. "
    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
    "call_without_result": "messages.{m}: `tool_use` ids were found without `tool_result` blocks immediately after: "
    "{id}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    "second_result": "messages.{m}.content.{b}: each `tool_use` must have a single result. Found multiple "
    "`tool_result` blocks with id: {id}.",
    "repeated_call": "messages.{m}.content.{b}: `tool_use` ids must be unique: {id}",
}


def is_likely(body: JsonObject) -> bool:
    """Return whether a body has fields that only requests of this wire have."""
    tools = body.get("tools")
    first = tools[0] if isinstance(tools, list) and tools else None
    return "system" in body or "stop_sequences" in body or (isinstance(first, dict) and "input_schema" in first)


def parse(body: JsonObject, default_max_tokens: int | None) -> Conversation:
    """Return the conversation in a body. Messages of role system join `system`; toolsets are left out.

    A field of a wrong type counts as absent.
    """
    get = body.get
    system: list[str] = []
    messages: list[Message] = []
    lists: list[Json] = []
    if "system" in body:
        system.append(_text_of(body["system"]))
        lists.append(body["system"])
    for message in objects(get("messages")):
        role, content = message.get("role"), message.get("content")
        if isinstance(content, list):
            lists.append(content)
        if role == "system":
            system.append(_text_of(content))
        else:
            messages.append(Message("assistant" if role == "assistant" else "user", _blocks(content)))
    tools = get("tools")
    if tools:
        lists.append(tools)
    return Conversation(
        model=string(get("model")),
        messages=tuple(messages),
        body=body,
        system="\n".join([text for text in system if text]) if system else "",
        tools=tuple([read_tool(tool) for tool in objects(tools) if not is_toolset(tool)]) if tools else (),
        tool_choice=_tool_choice(body["tool_choice"]) if "tool_choice" in body else _AUTO,
        stream=get("stream") is True,
        max_tokens=whole_number(get("max_tokens", default_max_tokens)),
        stop_sequences=strings(body["stop_sequences"]) if "stop_sequences" in body else (),
        response_format=_response_format(body),
        thinking=thinking.asked(body["thinking"]) if "thinking" in body else "none",
        marks_cache=get(cache_control.FIELD) is not None or any(map(cache_control.has_breakpoint, lists)),
    )


def _tool_choice(value: Json) -> ToolChoice:
    choice = mapping(value)
    return _CHOICES.get(string(choice.get("type", "auto"))) or ToolChoice("tool", string(choice.get("name")))


def check(conversation: Conversation) -> None:
    """Check the order of roles, the pairing of tool calls, thinking, breakpoints, and the schema asked for.

    Raises `Refusal` 400, as the real API does.
    """
    if not conversation.messages or conversation.messages[0].role != "user":
        raise Refusal(
            400, "invalid_request", 'messages: first message must use the "user" role', param="messages.0.role"
        )
    unpaired = find_unpaired(conversation.messages)
    if unpaired is not None:
        _refuse_unpaired(unpaired, _place(conversation.body, unpaired.message))
    check_response_schema(conversation.response_format)
    thinking.check(conversation)
    if conversation.marks_cache:
        cache_control.check(conversation.body)


def _place(body: JsonObject, number: int) -> int:
    """Return the index of a conversation's message in the request, which counts its system messages too."""
    spoken = [place for place, message in enumerate(body["messages"]) if message["role"] != "system"]
    return spoken[number]


def _refuse_unpaired(unpaired: Unpaired, number: int) -> None:
    place = f"messages.{number}"
    if unpaired.fault != "call_without_result":
        place += f".content.{unpaired.block}"
    words = _PAIRING[unpaired.fault].format(m=number, b=unpaired.block, id=unpaired.id)
    raise Refusal(400, "invalid_request", words, param=place)


def _blocks(content: Json) -> tuple[Block, ...]:
    if isinstance(content, str):
        return (Text(content),)
    return tuple([read_block(block) for block in objects(content)])


def read_block(block: JsonObject) -> Block:
    """Return one block of a message."""
    kind, text = block.get("type"), block.get("text")
    if kind == "text" and isinstance(text, str):
        return Text(text)
    if kind == "tool_use":
        return ToolUse(string(block.get("name")), mapping(block.get("input")), string(block.get("id")))
    if kind == "tool_result":
        content, is_error = _text_of(block.get("content")), block.get("is_error") is True
        return ToolResult(string(block.get("tool_use_id")), content, is_error)
    if kind == "thinking":
        return Thinking(string(block.get("thinking")), string(block.get("signature")))
    if kind == "redacted_thinking":
        return Thinking("", string(block.get("data")), redacted=True)
    return Media(string(kind))


def _text_of(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "".join([string(block.get("text")) for block in objects(content) if block.get("type") == "text"])


def _response_format(body: JsonObject) -> ResponseFormat | None:
    """Return the answer's form: `output_config.format`, or `output_format`, as older SDKs send it."""
    if "output_config" not in body and "output_format" not in body:
        return None
    config = mapping(mapping(body.get("output_config")).get("format"))
    asked = config or mapping(body.get("output_format"))
    if asked.get("type") != "json_schema":
        return None
    return ResponseFormat(mapping(asked.get("schema")), f"output_{'config.format' if config else 'format'}.schema")


def read_tool(tool: JsonObject) -> Tool:
    """Return a tool that the client offers."""
    return Tool(string(tool.get("name")), string(tool.get("description")), mapping(tool.get("input_schema")))


def is_toolset(tool: JsonObject) -> bool:
    """Return whether an entry stands for the tools of a server, which are not known here."""
    return not tool.get("name") and "toolset" in string(tool.get("type"))
