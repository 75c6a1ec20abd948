"""`headers`: tests of request headers by name; the case of a name does not matter.

Use it for headers that a program adds to its requests, such as a team or a trace id. Neither the value of a header
that carries a secret is printed, nor what the file expects of it.

    when: {headers: {x-team: {contains: red, ignore_case: true}}}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.accounts.keys import mask
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.scenarios.text_test import AnyText, TextTest, compile_text_test

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


def _compile(tests: dict[str, TextTest]) -> Matcher:
    checks = [(name.lower(), compile_text_test(test)) for name, test in tests.items()]

    def match(call: Call) -> Difference | None:
        for name, check in checks:
            value = call.headers.get(name)
            if value is None:
                return Difference(f"header {name}", "missing", (name not in SECRET_HEADERS and check("")) or "a value")
            expected = check(value)
            if expected is not None:
                return _difference(name, value, expected)
        return None

    return match


def _difference(name: str, value: str, expected: str) -> Difference:
    if name in SECRET_HEADERS:
        return Difference(f"header {name}", mask(value), "a different value")
    return Difference(f"header {name}", value, expected, quoted=True)


HEADERS = WhenKey(
    _compile,
    examples=(
        Example("headers: {x-team: {contains: Red}}"),
        Example("headers: {X-Team: Blue}", "header x-team is 'Red Team'; expected 'Blue'"),
        Example("headers: {x-user: alice}", "header x-user is missing; expected 'alice'"),
    ),
)

HeaderTests: TypeAlias = Annotated[
    dict[str, AnyText] | None, Field(description="Request headers by name, each with a test of its text."), HEADERS
]
