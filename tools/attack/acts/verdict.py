"""The verdict over many exchanges, asked again and again, while a client wants its answers."""

import asyncio
import time

import httpx

from tools.attack.act import Act, Notes
from tools.attack.http import HOST, message, request
from tools.attack.mock import Mock, mock

EXCHANGES = 5_000
SOON = 2.0
"""Seconds that a read may take."""
LIMIT = 20.0
"""Seconds after which it is given up."""
READS: tuple[tuple[str, str, object], ...] = (
    ("GET", "/exchanges?limit=5000", None),
    ("POST", "/verify", {"when": {"text": "nowhere"}}),
    ("POST", "/exchanges/find", {"when": {"last": "tool_result"}}),
    ("GET", "/verdict", None),
    ("GET", "/verdict", None),
)


async def _fill(port: int) -> None:
    """Fill the journal: long conversations on kept connections."""
    history = [{"role": ("user", "assistant")[n % 2], "content": f"line {n}"} for n in range(9)]
    raw = request("/v1/messages", message("", messages=history), close=False, x_api_key="sk_verdict")

    async def one(count: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        for _ in range(count):
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*[one(EXCHANGES // 20) for _ in range(20)])


def _ask(notes: Notes, attacked: Mock) -> None:
    with attacked.control() as control:
        for method, path, said in READS:
            start = time.monotonic()
            try:
                status = control.request(method, path, json=said, timeout=LIMIT).status_code
            except httpx.TimeoutException:
                status = 0
            took = time.monotonic() - start
            notes.figure(f"{path}: {took:.2f} s")
            notes.check(status == 200, f"{path}: {status or 'no answer'} after {took:.1f} s")
            notes.check(took < SOON, f"{path} over {EXCHANGES} exchanges took {took:.1f} s")


def run(notes: Notes) -> None:
    """Fill the journal, then ask for the verdict, the list and a verification while a bystander asks."""
    with mock() as attacked:
        asyncio.run(_fill(attacked.port))
        with attacked.control() as control:
            control.get("/about")
        with notes.watched(attacked, fills=60):
            _ask(notes, attacked)


ACT = Act("verdict", f"the verdict over {EXCHANGES} exchanges while a client asks", run)
