"""Mutated HTTP: whatever bytes come, the server answers 400 or closes, and goes on."""

import asyncio
from contextlib import suppress

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, parsed, request
from tools.attack.mock import mock

MUTANTS = 1_500
PARTS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\xff" * 8, b"%00", b"%zz", b"/../", b"?", b"#", b"A" * 5_000),
    *(b"transfer-encoding: chunked\r\n", b"content-length: -1\r\n", b"content-length: 99999999999999999999\r\n"),
    *(
        b"expect: 100-continue\r\n",
        b"upgrade: websocket\r\nconnection: upgrade\r\n",
        b"HTTP/9.9",
        b"ffffffffffffffff\r\n",
    ),
    *(
        b"host: a\r\n",
        b"connection: keep-alive, close\r\n",
        b"x-mock-session: \xe9\xff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
)


def mutant(notes: Notes) -> bytes:
    """Return a request with bytes cut out, doubled or put in."""
    chance = notes.random
    body = message("hello", stream=chance.random() < 0.3)
    raw = bytearray(request(chance.choice(["/v1/messages", "/_mock/exchanges", "/"]), body, x_api_key="sk_raw"))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(raw) + 1)
        match chance.randrange(4):
            case 0:
                raw[place:place] = chance.choice(PARTS)
            case 1:
                del raw[place : place + chance.randint(1, 40)]
            case 2:
                raw[place:place] = raw[place : place + chance.randint(1, 200)]
            case _:
                raw[place:place] = chance.randbytes(chance.randint(1, 8))
    return bytes(raw)


async def _send(port: int, mutants: list[bytes]) -> list[tuple[bytes, int]]:
    """Return the mutants that were answered 500."""
    failed, turns = list[tuple[bytes, int]](), asyncio.Semaphore(32)

    async def one(raw: bytes) -> None:
        async with turns:
            with suppress(TimeoutError, ConnectionError):  # half a request has no answer
                status = parsed(await ask(port, raw, 0.3)).status
                if status >= 500:
                    failed.append((raw, status))

    await asyncio.gather(*[one(raw) for raw in mutants])
    return failed


def run(notes: Notes) -> None:
    """Send mutants, each on a connection of its own."""
    mutants = [mutant(notes) for _ in range(MUTANTS)]
    with mock() as attacked, attacked.control() as control:
        control.get("/about")
        with notes.watched(attacked, fills=40):
            failed = asyncio.run(_send(attacked.port, mutants))
        reads = control.get("/exchanges?limit=5000").status_code
    notes.figure(f"{len(mutants)} mutants, {len(failed)} answered 500")
    notes.check(not failed, f"a mutant is answered 500: {failed[:2]}")
    notes.check(reads == 200, f"afterwards the list of exchanges is {reads}")


ACT = Act("raw", "mutated HTTP", run)
