"""`key`: a test of the API key or token.

Use it to answer one account or test differently from the others. Neither the key is printed, nor what the file
expects of it.

    when: {key: sk_alice}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.accounts.keys import mask
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.scenarios.text_test import AnyText, TextTest, compile_text_test


def _compile(test: TextTest) -> Matcher:
    check = compile_text_test(test)
    return lambda call: None if check(call.key) is None else Difference("API key", mask(call.key), "a different key")


KEY = WhenKey(
    _compile,
    examples=(
        Example("key: sk_alice", "API key is sk_…89; expected a different key"),
        Example('key: {regex: "^sk_"}'),
    ),
)

ApiKey: TypeAlias = Annotated[AnyText | None, Field(description="A test of the API key or token."), KEY]
