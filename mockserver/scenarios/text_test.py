"""A test of some text: `equals`, `contains`, `regex`, or several of them."""

import re
from collections.abc import Callable
from typing import Annotated, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockserver.core import regex
from mockserver.core.conversation import Conversation
from mockserver.scenarios.base_model import ScenarioModel
from mockserver.scenarios.difference import Difference, quote
from mockserver.scenarios.matcher import Matcher, match_conversation
from mockserver.scenarios.templates import PLACEHOLDER


class TextTest(ScenarioModel):
    """A test of some text. A bare string means `equals`. Every key that is set must hold."""

    equals: str | None = Field(None, description="The whole text, exactly.")
    contains: str | None = Field(None, description="A part of the text.")
    regex: str | None = Field(None, description="A regular expression found anywhere in the text.", max_length=1000)
    ignore_case: bool = Field(False, description="Compare without regard to case.")

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if self.equals is None and self.contains is None and self.regex is None:
            raise ValueError("expected one of equals, contains, regex")
        return self


def _as_equals(value: object) -> object:
    return {"equals": value} if isinstance(value, str) else value


AnyText = Annotated[TextTest, BeforeValidator(_as_equals)]
"""A `TextTest`, or a bare string that means `equals`."""

TextCheck: TypeAlias = Callable[[str], str | None]
"""Returns what was expected of a text, or None if the text passes."""


def compile_text_test(test: TextTest) -> TextCheck:
    """Return the check for a text test. Raises `ValueError` for a bad regular expression."""
    fold = str.casefold if test.ignore_case else str
    checks: list[tuple[Callable[[str], bool], str]] = []
    if test.equals is not None:
        is_equal = fold(test.equals).__eq__
        checks.append((_with_secrets(test.equals, "^{}$", test.ignore_case) or is_equal, quote(test.equals)))
    if test.contains is not None:
        part = fold(test.contains)
        has_part = _with_secrets(test.contains, "{}", test.ignore_case) or (lambda text: part in text)
        checks.append((has_part, f"text containing {quote(test.contains)}"))
    if test.regex is not None:
        checks.append((regex.regex(test.regex, test.ignore_case), f"text matching /{test.regex}/"))

    def check(text: str) -> str | None:
        folded = fold(text)
        for passes, expected in checks:
            if not passes(folded):
                return expected
        return None

    return check


def _with_secrets(expected: str, around: str, ignore_case: bool) -> Callable[[str], bool] | None:
    """Return a test in which `{{secret.1}}` is any text, or None where no secret is expected."""
    parts = PLACEHOLDER.split(expected)
    if len(parts) == 1:
        return None
    return regex.regex("(?s)" + around.format(".+".join([re.escape(part) for part in parts])), ignore_case)


def match_text(subject: str, test: TextTest, text_of: Callable[[Conversation], str]) -> Matcher:
    """Return a matcher that tests some text of the conversation. `subject` names the text in differences."""
    check = compile_text_test(test)

    def compare(conversation: Conversation) -> Difference | None:
        text = text_of(conversation)
        expected = check(text)
        return None if expected is None else Difference(subject, text, expected, quoted=True)

    return match_conversation(compare)
