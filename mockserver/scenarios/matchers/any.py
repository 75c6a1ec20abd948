"""`any`: a list of conditions; at least one must match.

Use it where two different requests get the same answer, instead of writing the turn twice.

    when: {any: [{key: sk_alice}, {headers: {x-user: alice}}]}
"""

from collections.abc import Sequence

from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference, join_differences
from mockserver.scenarios.matcher import Branch, Example, Matcher, WhenKey, differences


def _compile(branches: Sequence[Branch]) -> Matcher:
    def match(call: Call) -> Difference | None:
        reasons = [differences(branch.matchers, call) for branch in branches]
        if not all(reasons):
            return None
        texts = [join_differences([str(difference) for difference in branch]) for branch in reasons]
        return Difference("`any`", join_differences(texts), verb="failed:")

    return match


ANY = WhenKey(
    _compile,
    examples=(
        Example("any: [{text: Hello}, {stream: true}]"),
        Example(
            "any: [{text: Hi}, {stream: true}]",
            "`any` failed: (last user text is 'Hello'; expected 'Hi') and "
            "(request asks for a complete response; expected a stream)",
        ),
    ),
)
