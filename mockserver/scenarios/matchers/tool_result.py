"""`tool_result`: a test of the tool results at the end of the conversation; one of them must pass every key.

Use it to answer a failed tool differently from one that worked, or the results of two tools differently.

    when: {tool_result: {name: read_file, is_error: true}}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core.conversation import Conversation, ToolResult, ToolUse
from mockserver.scenarios.base_model import ScenarioModel
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation
from mockserver.scenarios.matchers.last import KINDS
from mockserver.scenarios.text_test import AnyText, compile_text_test


class ToolResultTest(ScenarioModel):
    """A test of the tool results at the end of the conversation: one of them must pass every key."""

    id: str | None = Field(None, description="The id of the call that it answers.")
    name: str | None = Field(None, description="The name of the tool that was called.")
    text: AnyText | None = Field(None, description="A test of the text that the tool returned.")
    is_error: bool | None = Field(None, description="Whether the client marked it as an error.")


_OUTCOMES = {True: "an error", False: "a success"}


def _compile(test: ToolResultTest) -> Matcher:
    check = compile_text_test(test.text) if test.text is not None else None

    def compare_one(result: ToolResult, conversation: Conversation) -> Difference | None:
        if test.id is not None and result.tool_use_id != test.id:
            return Difference("id of the tool_result", result.tool_use_id, test.id)
        if test.name is not None and (name := _tool_name(result, conversation)) != test.name:
            return Difference("tool of the tool_result", name, test.name)
        if test.is_error is not None and result.is_error is not test.is_error:
            return Difference("tool_result", _OUTCOMES[result.is_error], _OUTCOMES[test.is_error])
        expected = None if check is None else check(result.text)
        return None if expected is None else Difference("text of the tool_result", result.text, expected, quoted=True)

    def compare(conversation: Conversation) -> Difference | None:
        compared = [compare_one(result, conversation) for result in conversation.tool_results]
        if not compared:
            return Difference("last message", KINDS[conversation.last], KINDS["tool_result"])
        return None if None in compared else compared[-1]

    return match_conversation(compare)


def _tool_name(result: ToolResult, conversation: Conversation) -> str:
    """Return the name of the tool whose call a result answers: the last call with that id."""
    blocks = (block for message in conversation.messages for block in message.blocks)
    return {block.id: block.name for block in blocks if isinstance(block, ToolUse)}.get(result.tool_use_id, "unknown")


TOOL_RESULT = WhenKey(
    _compile,
    examples=(
        Example("tool_result: {is_error: true}", "last message is a user message; expected a tool_result"),
        Example(
            "tool_result: {name: read_file, text: hi}",
            body={
                "messages": [
                    {"role": "user", "content": "Hello"},
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "a", "name": "read_file", "input": {}}],
                    },
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "hi"}]},
                ]
            },
        ),
    ),
)

LastToolResult: TypeAlias = Annotated[
    ToolResultTest | None,
    Field(description="A test of the tool results at the end: `id`, `name`, `text`, `is_error`. One must pass it all."),
    TOOL_RESULT,
]
