"""`model`: the model id that the client sent, as a glob or a list of globs. Case is ignored.

Use it to test clients that choose between models, or fall back from one to another.

    when: {model: qwen-*}
    when: {model: [gpt-*, claude-*]}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core import regex
from mockserver.core.conversation import Conversation
from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey, match_conversation


def _compile(globs: list[str]) -> Matcher:
    fits = regex.any_glob(globs)
    expected = " or ".join(globs)

    def compare(conversation: Conversation) -> Difference | None:
        if fits(conversation.model):
            return None
        return Difference("model", conversation.model, expected, quoted=True)

    return match_conversation(compare)


MODEL = WhenKey(
    _compile,
    examples=(
        Example("model: qwen-*", "model is 'test-model'; expected qwen-*"),
        Example("model: [gpt-*, TEST-*]"),
        Example("model: [gpt-*, claude-*]", "model is 'test-model'; expected gpt-* or claude-*"),
    ),
)

ModelGlobs: TypeAlias = Annotated[
    Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1), OneOrMore] | None,
    Field(description="The model id that the client sent, as a glob, or a list of globs."),
    MODEL,
]
