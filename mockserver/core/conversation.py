"""Conversations and replies, the same for every wire.

Each wire parses its request into a `Conversation` and renders a `Reply`; everything between (matching, templates,
counting) uses only these types, so that one scenario serves every dialect.

Rules:

- Roles are `user` and `assistant`. System text is separate, in `system`; a tool's result is a block of a user message,
  as on the Anthropic wire (an OpenAI `tool` message becomes a user message with one `ToolResult`).
- Blocks keep their order. Content that the mock does not read (images, documents) is a `Media` block, which keeps its
  kind.

Tokens are counted by one rule, on every wire, for requests and replies: **one token per four characters, rounded up**
(`tokens`). The characters are those of texts, thinking, names, tool inputs and tool definitions, as JSON without
spaces. An image is 1,000 tokens, whatever its size. There is no tokenizer: nothing to download, and a number that a
tester can predict. Thinking that comes back in a request costs nothing, as with the real APIs.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
import orjson

from mockserver.core.lazy import lazy_property

# Any: JSON of any shape. Where the contract has validated it, a second description of it here would be a copy.
Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]
Role: TypeAlias = Literal["user", "assistant"]
Stop: TypeAlias = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]

CHARACTERS_PER_TOKEN = 4
IMAGE_TOKENS = 1_000
IMAGES = frozenset({"image", "image_url", "input_image"})
"""The kinds of `Media` that are images, on any wire."""


class Text(msgspec.Struct, frozen=True, gc=False, tag="text"):
    """Text, of either side. `is_refusal` says that the assistant refuses with it."""

    text: str
    is_refusal: bool = False


class ToolUse(msgspec.Struct, frozen=True, gc=False, tag="tool_use"):
    """A tool call of the assistant. `input` is the parsed arguments; of a custom tool it has one text, `input`."""

    name: str
    input: JsonObject
    id: str = ""
    is_custom: bool = False


class ToolResult(msgspec.Struct, frozen=True, gc=False, tag="tool_result"):
    """The result of a tool call, sent by the user. `text` joins the texts of its content."""

    tool_use_id: str
    text: str
    is_error: bool = False


class Thinking(msgspec.Struct, frozen=True, gc=False, tag="thinking"):
    """What the assistant thinks before it speaks or calls a tool.

    `signature` proves where the text comes from, on wires that have signatures (see `signatures`). Thinking that is
    `redacted` travels as its signature alone.
    """

    text: str
    signature: str = ""
    redacted: bool = False


class Media(msgspec.Struct, frozen=True, gc=False, tag="media"):
    """Content that is not read here: an image, a document."""

    kind: str


Block: TypeAlias = Text | ToolUse | ToolResult | Thinking | Media
ReplyBlock: TypeAlias = Text | ToolUse | Thinking


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message: its role, and its blocks in order."""

    role: Role
    blocks: tuple[Block, ...]


class Tool(msgspec.Struct, frozen=True, gc=False):
    """A tool that the client offers. `schema` is the JSON Schema of its input; a custom tool takes free text."""

    name: str
    description: str
    schema: JsonObject
    is_custom: bool = False


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """The client's demand: `auto`, `none`, `required` (any tool), or `tool` (the one called `name`).

    `allowed` are the only tools that may be called, if it names any.
    """

    mode: Literal["auto", "none", "required", "tool"] = "auto"
    name: str = ""
    allowed: tuple[str, ...] = ()


class ResponseFormat(msgspec.Struct, frozen=True, gc=False):
    """The form of answer that the client asks for: JSON that satisfies `schema`, or any JSON object if it is None.

    `param` names the field of the request that holds the schema.
    """

    schema: JsonObject | None = None
    param: str = ""

    @property
    def kind(self) -> Literal["json_schema", "json_object"]:
        """Its name on the OpenAI wire."""
        return "json_object" if self.schema is None else "json_schema"


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one exchange. `thinking` says how many of the output tokens are thinking.

    `cache_read` of the input tokens come from the prompt cache, and `cache_write` of them were put into it,
    `cache_write_1h` of those for an hour. `caches` says whether the prompt is one that a cache has to do with at all.
    """

    input: int
    output: int
    thinking: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    caches: bool = False

    @property
    def uncached(self) -> int:
        """The input tokens that the prompt cache has nothing to do with."""
        return self.input - self.cache_read - self.cache_write

    @property
    def total(self) -> int:
        """The sum of input and output."""
        return self.input + self.output


class Conversation(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A parsed request of any wire. `body` is the request's JSON.

    `max_tokens` is None if the client set none and its route documents no default. `include_usage` asks for a usage
    chunk in the stream, on wires that have one. `choices` is how many answers it wants at once, and
    `logprobs` how many alternatives of each token, if it wants log probabilities.
    `response_format` is None if the client asks for no JSON. `thinking` says what the client wants of the model's
    thinking: none, or that it comes before the answer, `shown` or `hidden`. `marks_cache` says that it marks parts of
    its prompt for the cache.
    """

    model: str
    messages: tuple[Message, ...]
    body: JsonObject
    system: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    choices: int = 1
    logprobs: int | None = None
    response_format: ResponseFormat | None = None
    thinking: Literal["none", "shown", "hidden"] = "none"
    marks_cache: bool = False

    @lazy_property
    def input_tokens(self) -> int:
        """The tokens of the request: system text, messages and tool definitions; at least one."""
        characters = len(self.system)
        for message in self.messages:
            for block in message.blocks:
                characters += len(block.text) if isinstance(block, Text) else heard(block)
        characters += sum([offered(tool) for tool in self.tools])
        return max(1, tokens(characters))

    @lazy_property
    def last(self) -> str:
        """The kind of the last message: `user`, `assistant`, or `tool_result` if it has any; "" without messages."""
        if not self.messages:
            return ""
        message = self.messages[-1]
        if message.role == "user" and any(isinstance(block, ToolResult) for block in message.blocks):
            return "tool_result"
        return message.role

    @lazy_property
    def last_user_text(self) -> str:
        """The text of the last user message that has any, or ''."""
        for message in reversed(self.messages):
            if message.role == "user":
                text = joined_text(message.blocks)
                if text:
                    return text
        return ""

    @lazy_property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The tool results after the assistant's last message."""
        results: list[ToolResult] = []
        for message in reversed(self.messages):
            if message.role == "assistant":
                break
            results[:0] = [block for block in message.blocks if isinstance(block, ToolResult)]
        return tuple(results)

    @lazy_property
    def assistant_turns(self) -> int:
        """The number of assistant messages."""
        return sum(1 for message in self.messages if message.role == "assistant")

    @lazy_property
    def tool_rounds(self) -> int:
        """The number of assistant messages with a tool call: the iterations of an agent's loop so far."""
        return sum(
            1
            for message in self.messages
            if message.role == "assistant" and any(isinstance(block, ToolUse) for block in message.blocks)
        )


class Reply(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A complete answer of the assistant: a wire needs nothing else to render it.

    `id` is the part of the message id after its prefix; `created` is in seconds since the epoch; `extras` are
    the top-level fields that the BYOK and managed variants add. It is given `choices` times at once, where a wire can.
    """

    id: str
    model: str
    created: int
    blocks: tuple[ReplyBlock, ...]
    stop: Stop
    usage: Usage
    stop_sequence: str | None = None
    extras: JsonObject = {}
    choices: int = 1
    logprobs: int | None = None


def joined_text(blocks: Iterable[Block]) -> str:
    """Return the texts of the blocks, joined."""
    return "".join([block.text for block in blocks if isinstance(block, Text)])


def refusal_text(blocks: Iterable[Block]) -> str:
    """Return the texts by which the assistant refuses, joined; "" if it does not."""
    return "".join([block.text for block in blocks if isinstance(block, Text) and block.is_refusal])


def tokens(characters: int) -> int:
    """Return the tokens of this many characters: a quarter, rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def compact_json(value: object) -> str:
    """Return JSON without spaces, the form in which tool inputs are sent and counted."""
    return orjson.dumps(value).decode()


def spoken(block: Block) -> int:
    """Return the number of characters of a block."""
    if isinstance(block, Text):
        return len(block.text)
    match block:
        case ToolUse(name=name, input=arguments):
            return len(name) + len(compact_json(arguments))
        case ToolResult(text=text) | Thinking(text=text):
            return len(text)
        case Media(kind=kind):  # pragma: no branch - a block has no other type
            return IMAGE_TOKENS * CHARACTERS_PER_TOKEN if kind in IMAGES else 0


def heard(block: Block) -> int:
    """Return the number of characters that a block counts in a request, where thinking costs nothing."""
    return 0 if isinstance(block, Thinking) else spoken(block)


def offered(tool: Tool) -> int:
    """Return the number of characters of a tool's definition."""
    return len(tool.name) + len(tool.description) + len(compact_json(tool.schema))


def output_tokens(blocks: Sequence[ReplyBlock]) -> int:
    """Return the tokens of a reply, its thinking included."""
    return tokens(sum([spoken(block) for block in blocks]))


def thinking_tokens(blocks: Sequence[ReplyBlock]) -> int:
    """Return the tokens of a reply's thinking, which are among its output tokens."""
    return tokens(sum([len(block.text) for block in blocks if isinstance(block, Thinking)]))
