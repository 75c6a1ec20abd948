"""Pipelined requests: what was asked properly is answered, whatever garbage comes after it."""

import asyncio

from tools.attack.act import Act, Notes
from tools.attack.http import message, request
from tools.attack.mock import mock

ENDS = {
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "half a request": b"POST /v1/mess",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def three(text: str, *, stream: bool) -> bytes:
    """Return three requests on one connection."""
    bodies = [message(f"{text} {number}", stream=stream) for number in range(3)]
    return b"".join([request("/v1/messages", body, close=False, x_api_key="sk_p") for body in bodies])


def run(notes: Notes) -> None:
    """Send three requests and something else in one segment."""
    with mock() as attacked, notes.watched(attacked):
        for name, end in ENDS.items():
            for kind, sent in (("whole", three("hello", stream=False)), ("streamed", three("paced", stream=True))):
                came = _came(attacked.port, sent + end)
                answers = came.count(b"HTTP/1.1 200")
                notes.figure(f"{kind} then {name}: {answers} of 3")
                notes.check(answers == 3, f"{kind} requests, then {name}: {answers} of 3 answers came")
                if name == "garbage":
                    notes.check(came.count(b"HTTP/1.1 400") == 1, f"{kind}, then garbage: no 400 after the answers")


def _came(port: int, raw: bytes) -> bytes:
    """Return what comes within some seconds."""

    async def read() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        came = b""
        try:
            async with asyncio.timeout(2):
                writer.write(raw)
                while piece := await reader.read(65536):
                    came += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
        return came

    return asyncio.run(read())


ACT = Act("pipelined", "three requests in one segment, then garbage", run)
