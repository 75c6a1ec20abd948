"""`assistant_turns`: how many assistant messages the conversation already has.

It depends on the request alone, so it is safe under retries and concurrency, where `times` and `state` count plays of
the session. Use it to answer the second question differently from the first.

    when: {assistant_turns: 2}
    when: {assistant_turns: {at_least: 2}}
"""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from mockserver.core.conversation import Conversation
from mockserver.scenarios.count_test import CountTest, as_count, compile_count_test
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


def _compile(test: CountTest) -> Matcher:
    check = compile_count_test(test)

    def compare(conversation: Conversation) -> Difference | None:
        turns = conversation.assistant_turns
        expected = check(turns)
        if expected is None:
            return None
        return Difference("conversation", f"{turns} assistant turn{'' if turns == 1 else 's'}", expected, verb="has")

    return match_conversation(compare)


ASSISTANT_TURNS = WhenKey(
    _compile,
    examples=(
        Example("assistant_turns: {at_least: 2}", "conversation has 0 assistant turns; expected at least 2"),
        Example("assistant_turns: 1", "conversation has 0 assistant turns; expected 1"),
        Example("assistant_turns: 0"),
    ),
)

AssistantTurns: TypeAlias = Annotated[
    Annotated[CountTest, BeforeValidator(as_count)] | None,
    Field(description="The number of assistant messages so far. Safe under retries."),
    ASSISTANT_TURNS,
]
