"""Slow clients: one that does not finish its headers, its body or its reading is closed after a stated limit."""

import select
import socket
import time

from tools.attack.act import Act, Notes
from tools.attack.http import connect, message, request
from tools.attack.mock import Mock, mock

EACH = 40
"""Clients of each kind."""
LIMIT = 40.0
"""Seconds within which each must be closed: the longest of the stated limits, and some air."""

LARGE = """\
scenario: attack
turns:
  - {when: {text: {contains: bystander}}, reply: "heard {{last_user_text}}", times: always}
  - {reply: "{{last_user_text}}", times: always}
"""
"""A large answer: it says what was asked, and what was asked is large."""
MEGABYTES = 8


def _opened(port: int, kind: str) -> list[socket.socket]:
    """Return clients of one kind, each stuck where it stops."""
    head = request("/v1/messages", message("a"), x_api_key="sk_slow")
    large = request("/v1/messages", message("x" * (MEGABYTES << 20), max_tokens=4 << 20), x_api_key="sk_slow")
    found = []
    for _ in range(EACH if kind != "reading" else 4):
        sock = connect(port)
        if kind == "reading":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall({"headers": head[:60], "body": head[:-10], "nothing": b"", "reading": large}[kind])
        found.append(sock)
    return found


def _open(socks: list[socket.socket], kind: str) -> int:
    """Return how many of these the server has not closed. One that does not read sees only a reset."""
    poll = select.poll()
    mask = select.POLLRDHUP | select.POLLHUP | select.POLLERR
    for sock in socks:
        poll.register(sock.fileno(), mask)
    return len(socks) - len(poll.poll(0))


def _attack(notes: Notes, attacked: Mock) -> None:
    kinds = {kind: _opened(attacked.port, kind) for kind in ("headers", "body", "nothing", "reading")}
    start = time.monotonic()
    while time.monotonic() < start + LIMIT and any(_open(socks, kind) for kind, socks in kinds.items()):
        time.sleep(0.2)
    left = {kind: count for kind, socks in kinds.items() if (count := _open(socks, kind))}
    notes.figure(f"open after {time.monotonic() - start:.0f} s: {left or 'none'}")
    notes.check(not left, f"clients that hold a connection for ever: {left}")
    for socks in kinds.values():
        for sock in socks:
            sock.close()


def run(notes: Notes) -> None:
    """Open clients that stop in the middle, and count those that are still there after the limit."""
    with mock(scenario=LARGE) as attacked, notes.watched(attacked, fills=200):
        _attack(notes, attacked)


ACT = Act("slow", "clients that never finish their headers or body, say nothing, or do not read", run)
