"""Sessions in Redis: one consistent gateway out of many processes, on one host or behind any balancer.

`RedisStore` needs the extra: pip install 'ainative-mockserver[redis]'.

Rules:

- A session is one value (msgpack) under one key. `update` reads it, changes it, and writes it back only if it is still
  what was read; else it begins anew with what is there now. The comparison and the write are one script, so Redis makes
  them one moment. A change that loses the race has had no effect, for changes are pure.
- Requests of one process for one session wait for each other here, so only processes race: whoever loses has lost to
  one that won, and nobody loses for ever.
- Every write makes the session live `ttl` longer; an unused one is forgotten by Redis itself.
- Nothing is sent twice by itself. A connection that breaks while a write is under way leaves it unknown whether Redis
  made it; sent again it could be made twice, and an answer be paid twice. So that is a `StoreAwayError` at once. What
  must follow (`owe`) is kept, and made when Redis is back.

What is kept is as durable as that Redis: a server that forgets on a restart forgets sessions too.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import msgspec

from mockserver import __version__
from mockserver.accounts.session import FORMAT, Session
from mockserver.core.errors import OperatorError
from mockserver.server.stores.memory import StoreAwayError

if TYPE_CHECKING:
    import redis.asyncio

T = TypeVar("T")
log = logging.getLogger("mockserver")

TTL = 7 * 86_400
"""Seconds that an unused session is kept."""
PREFIX = f"mockserver:{__version__}.{FORMAT}:session:"
"""Versions do not read each other's sessions: what a session is may change between them."""
PATIENCE = 5.0
"""Seconds to wait for Redis to answer. It answers in less than a millisecond, or it is not there."""
CONNECTIONS = 32
"""The most connections of one process; further requests wait for one."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between two tries to make what is owed; the last one for ever."""

NO_PACKAGE = "--store redis:// needs the redis package: pip install 'ainative-mockserver[redis]'"

SWAP = """
local now = redis.call('GET', KEYS[1]) or ''
if now ~= ARGV[1] then return {0, now} end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return {1, ''}
"""
"""Write the new value if the present one is the old one; else give the present one."""


def check(url: str) -> None:
    """Ask whether a Redis is there before anything is served. Raises `OperatorError` with the remedy."""
    try:
        import redis
    except ImportError:
        raise OperatorError(NO_PACKAGE) from None
    try:
        redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE).ping()
    except ValueError as error:
        raise OperatorError(f"--store: not a URL of a Redis: {error}") from None
    except (redis.RedisError, OSError) as error:
        raise OperatorError(f"--store: no Redis answers there ({error}); start one, or correct the URL") from None


class RedisStore:
    """Sessions of every process that uses the same Redis."""

    def __init__(self, url: str, make: Callable[[str], Session], *, ttl: int = TTL) -> None:
        """`make` gives a session that nobody has seen yet. Raises `OperatorError` for a URL that means nothing."""
        try:
            from redis.asyncio import BlockingConnectionPool, Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
            from redis.exceptions import RedisError
        except ImportError:
            raise OperatorError(NO_PACKAGE) from None
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                max_connections=CONNECTIONS,
                timeout=None,  # a busy server is slow, not away
            )
            self._redis: redis.asyncio.Redis = Redis.from_pool(pool)
        except ValueError as error:
            raise OperatorError(f"--store: not a URL of a Redis: {error}") from None
        self._errors = (RedisError, OSError, TimeoutError)
        self._swap = self._redis.register_script(SWAP)
        self.fresh = make
        self._ttl = ttl
        self._failed = -1.0
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._owed: deque[tuple[str, Callable[[Session], Session]]] = deque()
        self._payer: asyncio.Task[None] | None = None

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically. Raises `StoreAwayError` if Redis cannot be reached."""
        time = asyncio.get_running_loop().time
        asked = time()
        async with self._locks.setdefault(id, asyncio.Lock()):
            if self._failed > asked:  # while this one waited; waiting for Redis in turn would add up
                raise StoreAwayError("the session store does not answer")
            try:
                return await self._update(id, change)
            except self._errors as error:
                self._failed = time()
                raise self._away(error) from error

    @staticmethod
    def _away(error: Exception) -> StoreAwayError:
        return StoreAwayError(f"the session store does not answer: {type(error).__name__}")

    async def _update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        key = PREFIX + id
        found = await self._redis.get(key)
        raw = found if isinstance(found, bytes) else b""
        while True:
            before = msgspec.msgpack.decode(raw, type=Session) if raw else self.fresh(id)
            after, result = change(before)
            if after is before:
                return result
            done, raw = await self._write(key, raw, msgspec.msgpack.encode(after))
            if done:
                return result

    async def _write(self, key: str, old: bytes, new: bytes) -> tuple[bool, bytes]:
        """Whether the new value was written, and if not, the value that is there."""
        done, present = await self._swap(keys=[key], args=[old, new, self._ttl])
        return bool(done), present

    def owe(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change as soon as Redis can be reached, in the order in which such changes came."""
        self._owed.append((id, change))
        if self._payer is None or self._payer.done():
            self._payer = asyncio.create_task(self._pay())

    async def _pay(self) -> None:
        tries = 0
        while self._owed:
            id, change = self._owed[0]
            try:
                await self.update(id, partial(_changed, change))
            except StoreAwayError:
                await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
                tries += 1
            except Exception:
                log.exception("a change that was owed to a session failed; this is a bug of the mock")
                self._owed.popleft()
            else:
                self._owed.popleft()
                tries = 0

    async def find(self, id: str) -> Session | None:
        """The session of that name, or None. Raises `StoreAwayError`."""
        return next(iter(await self._read([PREFIX + id])), None)

    async def every(self, most: int) -> list[Session]:
        """The sessions that there are, in no order. Raises `StoreAwayError`."""
        try:
            keys: list[bytes] = []
            async for key in self._redis.scan_iter(match=f"{PREFIX}*", count=1_000):
                if len(keys) == most:
                    break
                keys.append(key)
        except self._errors as error:
            raise self._away(error) from error
        return await self._read(keys) if keys else []

    async def forget(self, id: str) -> None:
        """Forget a session. Raises `StoreAwayError`."""
        try:
            await self._redis.delete(PREFIX + id)
        except self._errors as error:
            raise self._away(error) from error

    async def _read(self, keys: "list[str] | list[bytes]") -> list[Session]:
        """The sessions under these keys, as far as they are there."""
        try:
            found = await self._redis.mget(keys)
        except self._errors as error:
            raise self._away(error) from error
        return [msgspec.msgpack.decode(raw, type=Session) for raw in found if isinstance(raw, bytes)]

    async def paid(self) -> None:
        """Wait until nothing is owed any more."""
        if self._payer is not None:
            await asyncio.shield(self._payer)

    async def aclose(self) -> None:
        """Close every connection. What is owed and cannot be paid is lost."""
        if self._payer is not None:
            self._payer.cancel()
        await self._redis.aclose()


def _changed(change: Callable[[Session], Session], session: Session) -> tuple[Session, None]:
    """A change that has nothing to tell, as an update wants it."""
    return change(session), None
