"""`tools`: names of tools that the client offers; all of them must be there, others may be. `[]` means no tools.

Use it to let a turn call a tool only if the client has it.

    when: {tools: [read_file]}
"""

from typing import Annotated, TypeAlias

from pydantic import Field, JsonValue

from mockserver.core.conversation import Conversation
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


def _compile(expected: list[str]) -> Matcher:
    def compare(conversation: Conversation) -> Difference | None:
        offered = [tool.name for tool in conversation.tools]
        if not expected:
            return _difference(offered, "none") if offered else None
        missing = [name for name in expected if name not in offered]
        return _difference(offered, " and ".join(missing)) if missing else None

    return match_conversation(compare)


def _difference(offered: list[str], expected: str) -> Difference:
    actual = f"only {', '.join(offered)}" if offered and expected != "none" else ", ".join(offered) or "no tools"
    return Difference("request", actual, expected, verb="offers")


_READ_FILE: JsonValue = {"name": "read_file", "input_schema": {"type": "object"}}

TOOLS = WhenKey(
    _compile,
    examples=(
        Example("tools: [read_file]", "request offers no tools; expected read_file"),
        Example("tools: [read_file]", body={"tools": [_READ_FILE]}),
        Example(
            "tools: [read_file, search]", "request offers only read_file; expected search", body={"tools": [_READ_FILE]}
        ),
        Example("tools: []"),
        Example("tools: []", "request offers read_file; expected none", body={"tools": [_READ_FILE]}),
    ),
)

ToolNames: TypeAlias = Annotated[
    list[str] | None, Field(description="Tools that the client offers, all of these; [] means none."), TOOLS
]
