"""`system`: a test of the system text.

Use it to tell the agents of one program apart by their instructions.

    when: {system: {regex: "^You are a planner"}}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.scenarios.text_test import AnyText, TextTest, match_text


def _compile(test: TextTest) -> Matcher:
    return match_text("system text", test, lambda conversation: conversation.system)


SYSTEM = WhenKey(
    _compile,
    examples=(
        Example('system: {regex: "^You are"}', "system text is ''; expected text matching /^You are/"),
        Example("system: Be brief.", body={"system": "Be brief."}),
    ),
)

SystemText: TypeAlias = Annotated[AnyText | None, Field(description="A test of the system text."), SYSTEM]
