"""`path`: the path of the request, as a glob.

Use it where several operations share a prefix, or for routes of a contract of your own. Case is ignored.

    when: {path: /v1/*}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core import regex
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(expected: str) -> Matcher:
    fits = regex.glob(expected)
    return lambda call: None if fits(call.path) else Difference("path", call.path, expected)


PATH = WhenKey(
    _compile,
    examples=(
        Example("path: /v1/*"),
        Example("path: /api/*", "path is /v1/messages; expected /api/*"),
    ),
)

PathGlob: TypeAlias = Annotated[str | None, Field(description="The path of the request, as a glob: /v1/*."), PATH]
