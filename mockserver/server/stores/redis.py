"""Sessions in Redis: many processes, on one host or behind any load balancer, are one consistent gateway.

`RedisStore` needs the extra: pip install 'ainative-mockserver[redis]'.

Rules:

- A session is one value (msgpack) under one key. `update` reads it, changes it, and writes it back only if the key
  still has the value that was read; otherwise it starts over with the present value. One script compares and writes, so
  both are one atomic step. A change that loses the race has no effect, because changes are pure.
- What a process wrote last it takes for the present value, so a change costs one round trip. Where another process was
  quicker, the comparison fails and says so. A change that keeps nothing is made again with the value read from Redis,
  since nothing would have compared it.
- Requests of one process for one session wait for each other here, so only processes race: each loss means that another
  process has made progress. A task of the session makes the changes that wait together: one after the other on the
  same value, and then one round trip for all. What it has begun it ends, also when the request was given up.
- Every write extends the session's life by `ttl`; Redis itself deletes an unused one.
- Nothing is retried automatically. When a connection breaks during a write, it is unknown whether Redis made the
  change; sent again it could be made twice, and an answer paid twice. So that is a `StoreUnavailableError` at once.
  What must follow (`defer`) is kept, and made when Redis is back.

Sessions are as durable as the Redis: a server that loses its data on a restart loses sessions too.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from mockserver import __version__
from mockserver.accounts.session import FORMAT, Session
from mockserver.core.errors import OperatorError
from mockserver.server.stores.memory import StoreUnavailableError

if TYPE_CHECKING:
    import redis.asyncio

T = TypeVar("T")
log = logging.getLogger("mockserver")

TTL = 7 * 86_400
"""Seconds that an unused session is kept."""
PREFIX = f"mockserver:{__version__}.{FORMAT}:session:"
"""Versions do not read each other's sessions: the format of a session may change between them."""
TIMEOUT = 5.0
"""Seconds to wait for an answer of Redis. A Redis that is there answers in less than a millisecond."""
CONNECTIONS = 32
"""Connections that one process opens at most; further requests wait for one."""
MOST_REMEMBERED = 1_000
"""Sessions of which a process remembers what it wrote last."""
RETRY_DELAYS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between two tries to make a deferred change; the last one repeats."""

NO_PACKAGE = "--store redis:// needs the redis package: pip install 'ainative-mockserver[redis]'"

SWAP = """
local now = redis.call('GET', KEYS[1]) or ''
if now ~= ARGV[1] then return {0, now} end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return {1, ''}
"""
"""Write the new value if the present one is the old one; otherwise return the present one."""


def check(url: str) -> None:
    """Check that a Redis answers, before the server starts. Raises `OperatorError` with the remedy."""
    try:
        import redis
    except ImportError:
        raise OperatorError(NO_PACKAGE) from None
    try:
        redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT).ping()
    except ValueError as error:
        raise OperatorError(f"--store: invalid Redis URL: {error}") from None
    except (redis.RedisError, OSError) as error:
        raise OperatorError(f"--store: cannot reach Redis ({error}); start it, or correct the URL") from None


Change: TypeAlias = Callable[[Session], tuple[Session, Any]]  # Any: each change has a result of its own


class _Waiting(NamedTuple):
    """A change that waits for its turn: where its result goes, and since when it waits."""

    change: Change
    result: "asyncio.Future[Any]"
    started: float


class _Queue:
    """The changes of one session that wait, and the task that makes them."""

    worker: "asyncio.Task[None]"

    def __init__(self) -> None:
        self.waiting: list[_Waiting] = []


class _Outcome(NamedTuple):
    """What became of a change."""

    result: object = None
    error: Exception | None = None


def _all_made(session: Session, changes: Sequence[Change]) -> tuple[Session, list[_Outcome]]:
    """Return the session after these changes, one after the other. One that fails changes nothing."""
    outcomes: list[_Outcome] = []
    for change in changes:
        try:
            session, result = change(session)
        except Exception as error:
            outcomes.append(_Outcome(error=error))
        else:
            outcomes.append(_Outcome(result))
    return session, outcomes


def _refuse(waiting: Sequence[_Waiting], error: Exception) -> None:
    """Let changes fail that were not made."""
    for each in waiting:
        if not each.result.done():
            each.result.set_exception(error)
            each.result.exception()  # it is asked for later, unless its request was cancelled


class RedisStore:
    """Sessions of every process that uses the same Redis."""

    is_immediate = False

    def __init__(self, url: str, new_session: Callable[[str], Session], *, ttl: int = TTL) -> None:
        """Connect lazily; `new_session` returns a session without any request. Raises `OperatorError` for a bad URL."""
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
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                max_connections=CONNECTIONS,
                timeout=None,  # a busy server is slow, not unavailable
            )
            self._redis: redis.asyncio.Redis = Redis.from_pool(pool)
        except ValueError as error:
            raise OperatorError(f"--store: invalid Redis URL: {error}") from None
        self._errors = (RedisError, OSError, TimeoutError)
        self._swap = self._redis.register_script(SWAP)
        self.new_session = new_session
        self._ttl = ttl
        self._failed = -1.0
        self._written: OrderedDict[str, tuple[bytes, Session]] = OrderedDict()
        """What this process wrote last, by session."""
        self._queues: dict[str, _Queue] = {}
        """The sessions for which requests wait."""
        self._deferred: deque[tuple[str, Callable[[Session], Session]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def update(self, id: str, change: Callable[[Session], tuple[Session, T]]) -> T:
        """Change one session atomically. Raises `StoreUnavailableError` if Redis cannot be reached."""
        loop, queue = asyncio.get_running_loop(), self._queues.get(id)
        if queue is None:
            queue = self._queues[id] = _Queue()
            queue.worker = loop.create_task(self._work(id, queue))
        result: asyncio.Future[T] = loop.create_future()
        queue.waiting.append(_Waiting(change, result, loop.time()))
        return await result

    async def _work(self, id: str, queue: _Queue) -> None:
        """Make the changes of a session, all that wait at once, until none does."""
        batch: list[_Waiting] = []
        try:
            while queue.waiting:
                batch, queue.waiting = queue.waiting, []
                await self._change_all(id, batch)
        except asyncio.CancelledError:  # the server ends: whether the changes were kept is unknown
            _refuse([*batch, *queue.waiting], StoreUnavailableError("the session store was given up"))
            raise
        finally:
            del self._queues[id]

    async def _change_all(self, id: str, batch: Sequence[_Waiting]) -> None:
        """Make changes that waited together, and say to each what became of it; but not for those that were given up.

        Where Redis failed while they waited, they fail at once, so that the timeouts of all that wait do not add up.
        """
        late = [waiting for waiting in batch if self._failed > waiting.started]
        _refuse(late, StoreUnavailableError("the session store does not answer"))
        batch = [waiting for waiting in batch if not waiting.result.done()]
        try:
            outcomes = await self._update(id, [waiting.change for waiting in batch]) if batch else []
        except self._errors as error:
            self._failed = asyncio.get_running_loop().time()
            _refuse(batch, self._unavailable(error))
        except Exception as error:
            _refuse(batch, error)
        else:
            for waiting, outcome in zip(batch, outcomes, strict=True):
                if waiting.result.done():  # its request was given up meanwhile
                    continue
                if outcome.error is not None:
                    waiting.result.set_exception(outcome.error)
                else:
                    waiting.result.set_result(outcome.result)

    @staticmethod
    def _unavailable(error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"the session store does not answer: {type(error).__name__}")

    async def _update(self, id: str, changes: "Sequence[Change]") -> "list[_Outcome]":
        key, written = PREFIX + id, self._written.pop(id, None)
        raw, before = written if written is not None else await self._present(id, key)
        is_certain = written is None
        while True:
            after, outcomes = _all_made(before, changes)
            if after is before and is_certain:
                return outcomes
            if after is before:
                raw, before = await self._present(id, key)
            else:
                new = msgspec.msgpack.encode(after)
                done, raw = await self._write(key, raw, new)
                if done:
                    self._remember(id, new, after)
                    return outcomes
                before = self._session_of(id, raw)
            is_certain = True

    async def _present(self, id: str, key: str) -> tuple[bytes, Session]:
        """Return the present value, and the session in it."""
        value = await self._redis.get(key)
        raw = value if isinstance(value, bytes) else b""
        return raw, self._session_of(id, raw)

    def _session_of(self, id: str, raw: bytes) -> Session:
        return msgspec.msgpack.decode(raw, type=Session) if raw else self.new_session(id)

    def _remember(self, id: str, raw: bytes, session: Session) -> None:
        self._written[id] = raw, session
        if len(self._written) > MOST_REMEMBERED:
            self._written.popitem(last=False)

    async def _write(self, key: str, old: bytes, new: bytes) -> tuple[bool, bytes]:
        """Return whether the new value was written, and the present value if not."""
        done, present = await self._swap(keys=[key], args=[old, new, self._ttl])
        return bool(done), present

    def defer(self, id: str, change: Callable[[Session], Session]) -> None:
        """Make a change as soon as Redis can be reached, after those that were deferred before."""
        self._deferred.append((id, change))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._make_deferred())

    async def _make_deferred(self) -> None:
        tries = 0
        while self._deferred:
            id, change = self._deferred[0]
            try:
                await self.update(id, partial(_without_result, change))
            except StoreUnavailableError:
                await asyncio.sleep(RETRY_DELAYS[min(tries, len(RETRY_DELAYS) - 1)])
                tries += 1
            except Exception:
                log.exception("a deferred change of a session failed; this is a bug of the mock")
                self._deferred.popleft()
            else:
                self._deferred.popleft()
                tries = 0

    async def find(self, id: str) -> Session | None:
        """Return the session of that id, or None. Raises `StoreUnavailableError`."""
        return next(iter(await self._read([PREFIX + id])), None)

    async def sessions(self, limit: int) -> list[Session]:
        """Return at most `limit` of the sessions, in no order. Raises `StoreUnavailableError`."""
        try:
            keys: list[bytes] = []
            async for key in self._redis.scan_iter(match=f"{PREFIX}*", count=1_000):
                if len(keys) == limit:
                    break
                keys.append(key)
        except self._errors as error:
            raise self._unavailable(error) from error
        return await self._read(keys) if keys else []

    async def forget(self, id: str) -> None:
        """Delete a session. Raises `StoreUnavailableError`."""
        self._written.pop(id, None)
        try:
            await self._redis.delete(PREFIX + id)
        except self._errors as error:
            raise self._unavailable(error) from error

    async def _read(self, keys: "list[str] | list[bytes]") -> list[Session]:
        """Return the sessions under these keys, without those that do not exist."""
        try:
            values = await self._redis.mget(keys)
        except self._errors as error:
            raise self._unavailable(error) from error
        return [msgspec.msgpack.decode(raw, type=Session) for raw in values if isinstance(raw, bytes)]

    async def wait_for_deferred(self) -> None:
        """Wait until every deferred change is made."""
        if self._worker is not None:
            await asyncio.shield(self._worker)

    async def aclose(self) -> None:
        """Close every connection. Deferred changes that are not made yet are lost."""
        if self._worker is not None:
            self._worker.cancel()
        workers = [queue.worker for queue in self._queues.values()]
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await self._redis.aclose()


def _without_result(change: Callable[[Session], Session], session: Session) -> tuple[Session, None]:
    """Return the changed session and no result, as `update` expects."""
    return change(session), None
