"""`cache`: what the prompt cache does for the request.

`hit`: a prefix of the prompt came before in the session and is read from the cache. `miss`: the prompt has a prefix
that is kept from now on, and none that is known. `none`: there is nothing to keep, because no block has `cache_control`
or the prompt is too short. Use it to answer a client that has lost its cache, or to expect in a test that it has not.

    when: {cache: hit}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey
from mockserver.wires.caching import CacheState


def _compile(expected: CacheState) -> Matcher:
    return lambda call: None if call.cache == expected else Difference("prompt cache", call.cache, expected)


CACHE = WhenKey(
    _compile,
    examples=(
        Example("cache: hit", "prompt cache is none; expected hit"),
        Example("cache: none"),
    ),
)

CacheOutcome: TypeAlias = Annotated[
    CacheState | None,
    Field(description="What the prompt cache does: `hit`, `miss`, or `none` for a prompt that is not cached."),
    CACHE,
]
