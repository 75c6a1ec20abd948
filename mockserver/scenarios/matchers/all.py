"""`all`: a list of conditions; every one must match.

The keys of one condition must all match anyway. Use `all` where the same key is needed twice.

    when: {all: [{text: {contains: rain}}, {text: {contains: Oslo}}]}
"""

from collections.abc import Sequence

from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Branch, Example, Matcher, WhenKey


def _compile(branches: Sequence[Branch]) -> Matcher:
    matchers = [matcher for branch in branches for matcher in branch.matchers]

    def match(call: Call) -> Difference | None:
        return next((difference for matcher in matchers if (difference := matcher(call)) is not None), None)

    return match


ALL = WhenKey(
    _compile,
    examples=(
        Example("all: [{text: {contains: H}}, {text: {contains: o}}]"),
        Example("all: [{text: Hello}, {stream: true}]", "request asks for a complete response; expected a stream"),
    ),
)
