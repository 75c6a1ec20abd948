"""Large header names without a key: the journal's bound counts what is kept."""

from contextlib import suppress

from tools.attack.act import Act, Notes
from tools.attack.http import connect, message, request
from tools.attack.mock import mock

REQUESTS = 40
NAME = 2 << 20
MANY = 20


def run(notes: Notes) -> None:
    """Send requests with a header name of two megabytes, and others with many small names, each another one."""
    with mock() as attacked, attacked.control() as control, notes.watched(attacked):
        control.get("/about")
        for number in range(REQUESTS):
            name = f"x-{number}-" + "a" * NAME
            raw = request("/v1/messages", message("a")).replace(b"\r\n", f"\r\n{name}: b\r\n".encode(), 1)
            with suppress(OSError), connect(attacked.port) as sock:
                sock.sendall(raw)
                sock.recv(4096)
        for number in range(200):
            names = "".join([f"x-{number}-{inner}-{'n' * 2_000}: 1\r\n" for inner in range(MANY)])
            raw = request("/v1/messages", message("a")).replace(b"\r\n", f"\r\n{names}".encode(), 1)
            with suppress(OSError), connect(attacked.port) as sock:
                sock.sendall(raw)
                sock.recv(4096)


ACT = Act("names", "header names of 2 MB and thousands of different ones, without a key", run)
