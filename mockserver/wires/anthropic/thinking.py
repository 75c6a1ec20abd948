"""Thinking in requests of the Anthropic wire: what a client asks for, and what it must send back.

The real API signs the thinking of Claude models and wants it back unchanged, because a model that goes on after a tool
result goes on thinking. The rules hold for Claude models alone:

- A thinking block has the signature that it came with, and the text. Foreign signatures pass (see
  `mockserver.core.signatures`); an empty one does not.
- With `thinking: {type: enabled}`, a message that began with thinking and called a tool comes back so. The id of such a
  call begins with `THOUGHT`: a client that loses the block gets an error, and a reply without thinking needs none.
  `adaptive` thinking has no such rule.
- `budget_tokens` is less than `max_tokens`, where both are given.
"""

from itertools import takewhile
from typing import Literal

from mockserver.core import catalogue, signatures
from mockserver.core.conversation import Conversation, Json, Message, Text, Thinking, ToolResult, ToolUse
from mockserver.core.errors import Refusal
from mockserver.wires.json_values import mapping, whole_number

THOUGHT = "toolu_thought_"
"""How the id of a call begins in a message that begins with thinking."""

_GUIDE = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
_BUDGET = (
    "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
    f"{_GUIDE}#max-tokens-and-context-window-size"
)
_LOST = (
    "messages.{m}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kind}`. When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` "
    "and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
    f"requirement, disable `thinking`. Please consult our documentation at {_GUIDE}"
)
_UNSIGNED = "messages.{m}.content.{b}: Invalid `{field}` in `{kind}` block"
_CHANGED = (
    "messages.{m}.content.{b}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)


def asked(config: Json) -> Literal["none", "shown", "hidden"]:
    """Return what a request's `thinking` asks for."""
    config = mapping(config)
    if config.get("type") not in ("enabled", "adaptive"):
        return "none"
    return "hidden" if config.get("display") == "omitted" else "shown"


def check(conversation: Conversation) -> None:
    """Check the thinking of a request to a Claude model. Raises `Refusal` 400, in the real API's words."""
    if not catalogue.is_claude(conversation.model):
        return
    _check_history(conversation)
    config = mapping(conversation.body.get("thinking"))
    if config.get("type") != "enabled":
        return
    budget, limit = whole_number(config.get("budget_tokens")), whole_number(conversation.body.get("max_tokens"))
    if budget is not None and limit is not None and budget >= limit:
        raise Refusal(400, "invalid_request", _BUDGET, param="thinking.budget_tokens")
    for number, message in _latest_turn(conversation):
        if _has_lost_thinking(message):
            words = _LOST.format(m=number, kind="text" if isinstance(message.blocks[0], Text) else "tool_use")
            raise Refusal(400, signatures.THINKING_CHANGED, words, param=f"messages.{number}.content.0.type")


def _check_history(conversation: Conversation) -> None:
    """Check that every block of thinking has its signature."""
    numbers = [number for number, message in enumerate(conversation.messages) if message.role == "assistant"]
    latest = max(numbers, default=0)
    for number, message in enumerate(conversation.messages):
        for place, block in enumerate(message.blocks):
            if not isinstance(block, Thinking) or _is_as_it_was(block):
                continue
            kind, field = ("redacted_thinking", "data") if block.redacted else ("thinking", "signature")
            words = _CHANGED if block.signature and number == latest else _UNSIGNED
            said = words.format(m=number, b=place, kind=kind, field=field)
            raise Refusal(400, signatures.THINKING_CHANGED, said, param=f"messages.{number}.content.{place}")


def _is_as_it_was(block: Thinking) -> bool:
    if signatures.is_foreign(block.signature):
        return bool(block.signature)
    return signatures.is_genuine(block.text, block.signature)


def _latest_turn(conversation: Conversation) -> list[tuple[int, Message]]:
    """Return the assistant's messages since the user last spoke, with their numbers; none if the user has the word."""
    latest = takewhile(lambda numbered: not _speaks(numbered[1]), reversed([*enumerate(conversation.messages)]))
    return [(number, message) for number, message in latest if message.role == "assistant"]


def _speaks(message: Message) -> bool:
    """Return whether the user says something of their own, and sends no tool result."""
    return message.role == "user" and not any(isinstance(block, ToolResult) for block in message.blocks)


def _has_lost_thinking(message: Message) -> bool:
    """Return whether a message began with thinking when it was sent, and begins with something else now."""
    is_thought = any(isinstance(block, ToolUse) and block.id.startswith(THOUGHT) for block in message.blocks)
    return is_thought and not isinstance(message.blocks[0], Thinking)
