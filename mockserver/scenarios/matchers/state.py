"""`state`: the named state of the session.

A session begins in `start`; a turn with `then` moves it. Use states for scripts whose next answer depends on what
was answered before. They belong to the session, so a retry sees the new state.

    when: {state: asked}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(expected: str) -> Matcher:
    return lambda call: None if call.state == expected else Difference("state", call.state, expected)


STATE = WhenKey(
    _compile,
    examples=(
        Example("state: asked", "state is start; expected asked"),
        Example("state: start"),
    ),
)

StateName: TypeAlias = Annotated[
    str | None, Field(description="The named state of the session; every session begins in `start`."), STATE
]
