"""`assistant_turns`: how many assistant messages the conversation already has.

It depends on the request alone, so it is safe under retries and concurrency, where `times` and `state` count plays of
the session. Use it to answer the second question differently from the first.

    when: {assistant_turns: 2}
    when: {assistant_turns: {at_least: 2}}
"""

from typing import Annotated, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockserver.core.conversation import Conversation
from mockserver.scenarios.base_model import ScenarioModel
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


class CountTest(ScenarioModel):
    """A test of a number. A bare number means `equals`."""

    equals: int | None = Field(None, ge=0)
    at_least: int | None = Field(None, ge=0)
    at_most: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("expected one of equals, at_least, at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most, so no number can pass")
        return self


def _as_count(value: object) -> object:
    return {"equals": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _compile(test: CountTest) -> Matcher:
    low = test.at_least if test.equals is None else test.equals
    high = test.at_most if test.equals is None else test.equals

    def compare(conversation: Conversation) -> Difference | None:
        turns = conversation.assistant_turns
        if low is not None and turns < low:
            return _difference(turns, f"{low}" if high == low else f"at least {low}")
        if high is not None and turns > high:
            return _difference(turns, f"{high}" if high == low else f"at most {high}")
        return None

    return match_conversation(compare)


def _difference(turns: int, expected: str) -> Difference:
    return Difference("conversation", f"{turns} assistant turn{'' if turns == 1 else 's'}", expected, verb="has")


ASSISTANT_TURNS = WhenKey(
    _compile,
    examples=(
        Example("assistant_turns: {at_least: 2}", "conversation has 0 assistant turns; expected at least 2"),
        Example("assistant_turns: 1", "conversation has 0 assistant turns; expected 1"),
        Example("assistant_turns: 0"),
    ),
)

AssistantTurns: TypeAlias = Annotated[
    Annotated[CountTest, BeforeValidator(_as_count)] | None,
    Field(description="The number of assistant messages so far. Safe under retries."),
    ASSISTANT_TURNS,
]
