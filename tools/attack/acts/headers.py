"""Endless headers: 431 at the stated limit, and nobody else is held up."""

from contextlib import suppress

from tools.attack.act import Act, Notes
from tools.attack.http import connect
from tools.attack.mock import mock

PIECE = 1 << 20
PIECES = 40
TOTAL = 64 * 1024
"""The stated limit, in bytes."""


def _sent(port: int, start: bytes, piece: bytes, pieces: int) -> tuple[int, bytes]:
    """Return how many bytes of a never-ending header the server took, and what it answered."""
    taken = 0
    with connect(port) as sock:
        try:
            sock.sendall(start)
            for _ in range(pieces):
                sock.sendall(piece)
                taken += len(piece)
        except OSError:
            pass
        sock.settimeout(0.5)
        answer = b""
        with suppress(OSError):
            answer = sock.recv(65536)
    return taken, answer


def run(notes: Notes) -> None:
    """Send one header in pieces of a megabyte, many headers, and an endless address."""
    line = b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    attacks = {
        "one header": (line + b"x-a: ", b"a" * PIECE, PIECES),
        "many headers": (line, b"x-a: 0123456789\r\n" * 4_096, 200),
        "address": (b"POST /", b"a" * PIECE, PIECES),
    }
    with mock() as attacked, notes.watched(attacked):
        for name, (start, piece, pieces) in attacks.items():
            taken, answer = _sent(attacked.port, start, piece, pieces)
            status = answer[9:12].decode("ascii", "replace") or "none"
            notes.figure(f"{name}: {taken >> 10} KB taken, answer {status}")
            wanted = ("414", "431") if name == "address" else ("431",)
            notes.check(taken < (8 << 20), f"{name}: {taken >> 20} MB were taken before the connection was closed")
            notes.check(status in (*wanted, "none"), f"{name}: answered {status}, not 431")


ACT = Act("headers", "one header in pieces of 1 MB, endless headers, an endless address, without a key", run)
