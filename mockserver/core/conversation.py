"""One conversation for both wires: what a client said, and what it is answered.

Each wire parses its request into a `Conversation` and renders a `Reply`; everything between (matching, templates,
counting) speaks only these words, so that one scenario serves both dialects.

Rules:

- Roles are `user` and `assistant`. System text stands apart in `system`; a tool's result is a block of a user
  message, as on the Anthropic wire (an OpenAI `tool` message becomes a user message with one `ToolResult`).
- Blocks keep their order. What the mock cannot read (images, documents, thinking) is a `Media` block that keeps
  its kind.

Tokens are counted by one rule, on both wires, for requests and replies: **one token per four characters of
everything said, rounded up** (`tokens`). Said are the texts, names, tool inputs and tool definitions, JSON without
blanks. No tokenizer, so no download, no surprise, and a number that a tester can predict.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias

import msgspec
import orjson

from mockserver.core.errors import Refusal

# Any: JSON that came through the contract's validator; what it holds the contract says, and no second copy here.
Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]
Role: TypeAlias = Literal["user", "assistant"]
Stop: TypeAlias = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]

CHARACTERS_PER_TOKEN = 4


class Text(msgspec.Struct, frozen=True, gc=False, tag="text"):
    """Text, said by either side."""

    text: str


class ToolUse(msgspec.Struct, frozen=True, gc=False, tag="tool_use"):
    """A call of a tool, by the assistant. `input` is the parsed arguments."""

    name: str
    input: JsonObject
    id: str = ""


class ToolResult(msgspec.Struct, frozen=True, gc=False, tag="tool_result"):
    """What a tool gave back, said by the user. `text` joins the texts of its content."""

    tool_use_id: str
    text: str
    is_error: bool = False


class Media(msgspec.Struct, frozen=True, gc=False, tag="media"):
    """Anything that is said but not read here: an image, a document, thinking."""

    kind: str


Block: TypeAlias = Text | ToolUse | ToolResult | Media
ReplyBlock: TypeAlias = Text | ToolUse


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message: who said it, and its blocks in order."""

    role: Role
    blocks: tuple[Block, ...]


class Tool(msgspec.Struct, frozen=True, gc=False):
    """A tool that the client offers. `schema` is the JSON Schema of its input."""

    name: str
    description: str
    schema: JsonObject


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """What the client demands: `auto`, `none`, `required` (some tool), or `tool` (the one of `name`)."""

    mode: Literal["auto", "none", "required", "tool"] = "auto"
    name: str = ""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one exchange."""

    input: int
    output: int

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input + self.output


class Conversation(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A request of either wire, parsed. `body` is the request's own JSON, for whoever needs more.

    `max_tokens` is None where the client set none and its route documents no default; `include_usage` asks for the
    OpenAI usage chunk.
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

    @cached_property
    def last(self) -> str:
        """What the last message is: `user`, `assistant`, or `tool_result` if it brings any."""
        message = self.messages[-1]
        if message.role == "user" and any(isinstance(block, ToolResult) for block in message.blocks):
            return "tool_result"
        return message.role

    @cached_property
    def last_user_text(self) -> str:
        """The text of the last user message that has any, or nothing."""
        for message in reversed(self.messages):
            if message.role == "user":
                text = joined_text(message.blocks)
                if text:
                    return text
        return ""

    @cached_property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The results that the end of the conversation brings: those after the assistant's last message."""
        found: list[ToolResult] = []
        for message in reversed(self.messages):
            if message.role == "assistant":
                break
            found[:0] = [block for block in message.blocks if isinstance(block, ToolResult)]
        return tuple(found)

    @cached_property
    def assistant_turns(self) -> int:
        """How many assistant messages the conversation already has."""
        return sum(1 for message in self.messages if message.role == "assistant")

    @cached_property
    def tool_rounds(self) -> int:
        """How many assistant messages called a tool: the iterations of an agent's loop so far."""
        return sum(
            1
            for message in self.messages
            if message.role == "assistant" and any(isinstance(block, ToolUse) for block in message.blocks)
        )


class Reply(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the assistant answers, complete: a wire needs nothing else to render it.

    `id` is the part of the message id after its prefix; `created` is in seconds since the epoch; `extras` are
    the top-level fields that the BYOK and managed variants add.
    """

    id: str
    model: str
    created: int
    blocks: tuple[ReplyBlock, ...]
    stop: Stop
    usage: Usage
    stop_sequence: str | None = None
    extras: JsonObject = {}


def joined_text(blocks: Iterable[Block]) -> str:
    """The texts of the blocks, joined."""
    return "".join([block.text for block in blocks if isinstance(block, Text)])


def tokens(characters: int) -> int:
    """The number of tokens of so many characters: a quarter of them, rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def compact_json(value: object) -> str:
    """JSON without blanks, the form in which tool inputs are sent and counted.

    Raises `Refusal` 400 for what is nested more deeply than can be written (254 levels); reading takes 1,024.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise Refusal(400, "invalid_json", "The request body is nested too deeply.") from None


def spoken(block: Block) -> int:
    """How many characters a block says."""
    match block:
        case Text(text=text):
            return len(text)
        case ToolUse(name=name, input=arguments):
            return len(name) + len(compact_json(arguments))
        case ToolResult(text=text):
            return len(text)
        case Media():
            return 0


def input_tokens(conversation: Conversation) -> int:
    """The tokens of a request: system text, messages and tool definitions; at least one."""
    said = len(conversation.system)
    for message in conversation.messages:
        for block in message.blocks:
            said += len(block.text) if isinstance(block, Text) else spoken(block)
    for tool in conversation.tools:
        said += len(tool.name) + len(tool.description) + len(compact_json(tool.schema))
    return max(1, tokens(said))


def output_tokens(blocks: Sequence[ReplyBlock]) -> int:
    """The tokens of a reply."""
    return tokens(sum([spoken(block) for block in blocks]))
