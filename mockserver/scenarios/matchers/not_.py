"""`not`: a condition that must not match. It holds any keys, and matches unless all of them do.

Use it for exceptions, such as every model but one family.

    when: {not: {model: gpt-*}}
"""

from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Branch, Example, Matcher, WhenKey, matches


def _compile(branch: Branch) -> Matcher:
    matchers = branch.matchers
    keys = " and ".join([f"`{key}`" for key in branch.keys])

    def match(call: Call) -> Difference | None:
        return Difference("`not`", f"the request matches {keys}", verb="failed:") if matches(matchers, call) else None

    return match


NOT = WhenKey(
    _compile,
    examples=(
        Example("not: {stream: true}"),
        Example("not: {stream: false}", "`not` failed: the request matches `stream`"),
    ),
)
