"""The prompt cache: a prefix of a prompt that came before in the session, within its lifetime, is read instead of paid.

The longest prefix that the session knows is the one that is read; what the wire keeps beyond it is written. A use
renews the lifetime of a prefix. Time is that of the session's clock.

A session keeps digests of a limited number of prefixes. Those that were unused longest go first.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from mockserver.accounts.session import CachedPrefix, Session
from mockserver.scenarios.call import Call
from mockserver.wires import wire_named
from mockserver.wires.caching import HOUR, CacheState, Prefix

MOST_PREFIXES: Final = 1024
"""How many prefixes a session remembers."""


class CacheUse(msgspec.Struct, frozen=True, gc=False):
    """What the prompt cache does for a request: tokens read, tokens written (for an hour), and what is kept then."""

    state: CacheState = "none"
    read: int = 0
    write: int = 0
    write_1h: int = 0
    kept: tuple[CachedPrefix, ...] = ()


NO_CACHE = CacheUse()


def look_up(session: Session, call: Call, now: float) -> CacheUse:
    """Return what the session's prompt cache does for a call."""
    if call.conversation is None or not call.operation.is_conversation:
        return NO_CACHE
    style = wire_named(call.operation.wire).prompt_cache
    prefixes = style.prefixes(call.conversation)
    if not prefixes:
        return NO_CACHE
    alive = {prefix.digest: prefix for prefix in session.cached if prefix.expires > now}
    found = max((number for number, prefix in enumerate(prefixes) if prefix.digest in alive), default=-1)
    read = prefixes[found].tokens if found >= 0 else 0
    for prefix in prefixes:
        known = alive.pop(prefix.digest, None)  # comes back as the one used last
        lifetime = known.lifetime if known is not None else prefix.lifetime
        if lifetime is not None:
            alive[prefix.digest] = CachedPrefix(prefix.digest, lifetime, now + lifetime)
    written = [prefix for prefix in prefixes if prefix.lifetime is not None] if style.counts_writes else []
    return CacheUse(
        state="hit" if found >= 0 else "miss",
        read=read,
        write=_beyond(read, written),
        write_1h=_beyond(read, [prefix for prefix in written if prefix.lifetime == HOUR]),
        kept=tuple(alive.values())[-MOST_PREFIXES:],
    )


def _beyond(read: int, written: Sequence[Prefix]) -> int:
    """Return how many tokens the longest of these prefixes has beyond those that were read."""
    return max(0, written[-1].tokens - read) if written else 0


def keep(session: Session, use: CacheUse) -> Session:
    """Return the session with the prefixes of an answered request in its cache."""
    return session if use is NO_CACHE else msgspec.structs.replace(session, cached=use.kept)
