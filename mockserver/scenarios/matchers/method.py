"""`method`: the HTTP method of the request.

Use it with `path`, to answer a request that is no operation of the gateway.

    when: {method: GET, path: /api/v1/public/instant-db}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(expected: str) -> Matcher:
    method = expected.upper()
    return lambda call: None if call.operation.method == method else Difference("method", call.operation.method, method)


METHOD = WhenKey(
    _compile,
    examples=(
        Example("method: POST"),
        Example("method: DELETE", "method is POST; expected DELETE"),
    ),
)

HttpMethod: TypeAlias = Annotated[
    Annotated[str, Field(pattern=r"^[A-Za-z]{1,20}$")] | None,
    Field(description="The HTTP method of the request."),
    METHOD,
]
