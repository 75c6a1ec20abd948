"""Prompt caching, neutrally: which prefixes of a prompt a cache can know.

A wire says so with `Wire.prompt_cache`. The session keeps a digest of each prefix, never its text, see
`engine.prompt_cache`.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from mockserver.core.conversation import Conversation

CacheState: TypeAlias = Literal["none", "miss", "hit"]
"""What the prompt cache did for a request: nothing that it could keep, nothing found, a prefix found."""

HOUR = 3_600
"""The lifetime, in seconds, that clients pay more for."""

DIGEST_SIZE = 16
"""Bytes of a digest: enough that two prefixes never have the same."""


class Prefix(NamedTuple):
    """A prefix of a prompt: its tokens, its digest, and how many seconds it is kept after its last use.

    `lifetime` is None for one that is only looked for.
    """

    tokens: int
    digest: bytes
    lifetime: int | None


class CacheStyle(NamedTuple):
    """How a wire caches prompts.

    `prefixes` returns the prefixes of a prompt that may be found or kept, the shortest first. `counts_writes` says
    whether an answer reports, and an account pays, what was put into the cache.
    """

    prefixes: Callable[[Conversation], Sequence[Prefix]]
    counts_writes: bool
