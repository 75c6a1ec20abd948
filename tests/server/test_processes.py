"""Several `serve` processes on one real Redis act as one gateway: under load, for tokens, and while Redis dies."""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from tests.support.bank import BALANCE, LOGIN, LOGOUT, ME, MESSAGES
from tests.support.redis_server import RedisServer
from tests.support.serve_process import BODY, HUNDRED, ask_by_socket, exchange, served

Where = tuple[str, int]

RICH = HUNDRED.replace("credits: 100", "credits: 100000")
JSON = {"content-type": "application/json"}
SOON = 30
"""Seconds after which a test has failed; what is owed to a Redis that is back is paid within one."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


def serve_twice(stack: ExitStack, redis: RedisServer, folder: Path, accounts: str, *options: str) -> list[Where]:
    """Start two servers that share nothing but the Redis and the accounts."""
    addresses = []
    for name in ("a", "b"):
        (folder / name).mkdir()
        host, port, _ = stack.enter_context(served(folder / name, "--store", redis.url, *options, accounts=accounts))
        addresses.append((host, port))
    return addresses


async def used(where: Where) -> Decimal:
    _, body = await exchange(*where, "GET", BALANCE, {"x-api-key": "sk_hundred"})
    match = re.search(rb'"remaining_credits":([-0-9.]+)', body)
    assert match is not None, body
    return 100_000 - Decimal(match[1].decode())


@pytest.mark.process
@pytest.mark.parametrize(
    ("accounts", "refused"),
    [(HUNDRED, 402), ("accounts: [{key: sk_hundred, plan: enterprise, limits: {requests: 100}}]", 429)],
)
def test_a_thousand_requests_to_two_servers_are_a_hundred_answers(
    redis: RedisServer, tmp_path: Path, accounts: str, refused: int
) -> None:
    async def main(servers: list[Where]) -> Counter[int]:
        return Counter(await asyncio.gather(*(ask_by_socket(*servers[number % 2]) for number in range(1000))))

    with ExitStack() as stack:
        servers = serve_twice(stack, redis, tmp_path, accounts)
        assert asyncio.run(main(servers)) == {200: 100, refused: 900}


@pytest.mark.process
def test_a_redis_that_dies_under_load_costs_nobody_a_credit_and_gives_nobody_one(
    redis: RedisServer, tmp_path: Path
) -> None:
    """Check that each answer is paid once and each 503 is free, even if Redis died after it had made the booking."""

    async def main(servers: list[Where]) -> tuple[Counter[int], set[Decimal]]:
        seen: Counter[int] = Counter()
        turns = asyncio.Semaphore(32)

        async def ask(number: int) -> None:
            async with turns:
                seen[await ask_by_socket(*servers[number % 2])] += 1
            if seen.total() in (100, 300, 500):
                redis.kill()
            elif seen.total() in (200, 400, 600):
                redis.start()

        await asyncio.gather(*(ask(number) for number in range(800)))
        async with asyncio.timeout(SOON):
            while (booked := {await used(where) for where in servers}) != {seen[200]}:
                pass
        return seen, booked

    with ExitStack() as stack:
        servers = serve_twice(stack, redis, tmp_path, RICH, "--workers", "2")
        seen, booked = asyncio.run(main(servers))
    assert set(seen) == {200, 503}
    assert booked == {seen[200]}


SLOW = """
scenario: slow
turns:
  - reply: a b c d e f g h i j
    pace: {interval: 400ms}
    usage: {input: 1000, output: 1000}
    times: always
"""


async def stream_until_told(host: str, port: int, process: int, number: signal.Signals) -> int:
    """Read a stream, send the server a signal after the third delta, and return the number of deltas."""
    body = BODY.replace(b"{", b'{"stream": true, ', 1)
    reader, writer = await asyncio.open_connection(host, port)
    head = f"POST {MESSAGES} HTTP/1.1\r\nhost: a\r\nx-api-key: sk_hundred\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    got = b""
    while got.count(b"text_delta") < 3:
        got += await reader.read(4096)
    os.kill(process, number)
    with suppress(ConnectionResetError):
        while more := await reader.read(4096):
            got += more
    writer.close()
    return got.count(b"text_delta")


@pytest.mark.process
@pytest.mark.parametrize(
    ("number", "options"),
    [
        *((signal.SIGTERM, []), (signal.SIGINT, []), (signal.SIGHUP, []), (signal.SIGKILL, [])),
        *((signal.SIGTERM, ["--workers", "2"]), (signal.SIGHUP, ["--workers", "2"])),
        (signal.SIGKILL, ["--workers", "2"]),  # the parent alone is killed, and its workers notice
    ],
)
def test_a_server_that_is_stopped_settles_what_it_was_sending_and_one_that_is_killed_cannot(
    redis: RedisServer, tmp_path: Path, number: signal.Signals, options: list[str]
) -> None:
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other", "--store", redis.url, accounts=RICH) as other:
        with served(tmp_path, "--store", redis.url, *options, accounts=RICH, scenario=SLOW) as (host, port, server):
            deltas = asyncio.run(stream_until_told(host, port, server.pid, number))
        paid = asyncio.run(used(other[:2]))
    assert 3 <= deltas < 10
    assert paid == (2 if number is signal.SIGKILL and not options else 1 + Decimal(deltas) / 10)


@pytest.mark.process
def test_a_login_at_one_server_is_a_login_at_the_other_and_so_is_its_end(redis: RedisServer, tmp_path: Path) -> None:
    user = "accounts: [{user: {email: jo@example.com, password: secret}, plan: pro}]"

    async def main(one: Where, other: Where) -> None:
        status, body = await exchange(*one, "POST", LOGIN, JSON, b'{"email": "jo@example.com", "password": "secret"}')
        assert status == 200
        bearer = {"authorization": f"Bearer {orjson.loads(body)['access_token']}"}
        assert (await exchange(*other, "GET", ME, bearer))[0] == 200
        assert (await exchange(*other, "POST", LOGOUT, bearer))[0] == 200
        status, body = await exchange(*one, "GET", ME, bearer)
        assert (status, orjson.loads(body)["code"]) == (401, "token_revoked")

    with ExitStack() as stack:
        asyncio.run(main(*serve_twice(stack, redis, tmp_path, user)))
