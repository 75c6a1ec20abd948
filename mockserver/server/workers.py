"""Several processes on one socket: `serve --workers N`.

The parent binds the socket and forks; the children take connections from the same queue, and the parent only watches. A
child that dies is replaced; a signal to the parent ends all. Each child makes its own application after the fork, so
no event loop, connection or lock is shared; what they share is the store, without which they would be N gateways that
contradict each other.
"""

import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

from mockserver.core.errors import OperatorError
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway

SOONEST = 20
"""So many deaths in all and it is the server that is at fault, not a child."""


def check(workers: int, store: str | None) -> None:
    """Refuse what cannot work. Raises `OperatorError` with the reason and the remedy."""
    if workers > 1 and store is None:
        raise OperatorError(
            f"--workers {workers} needs a store that they share, or each would have its own sessions and balances; "
            "add --store redis://localhost:6379, or leave --workers out"
        )
    if workers > 1 and not hasattr(os, "fork"):
        raise OperatorError("--workers needs fork, which this system lacks; start several servers with one --store")


def run(make: Callable[[int], Gateway], sock: socket.socket, workers: int) -> None:
    """Serve in so many processes until told to stop. `make` is called in each child, with its number."""
    children: dict[int, int] = {}
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            os.kill(child, signal.SIGTERM)

    for number in range(workers):
        children[_start(make, sock, number)] = number
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    deaths = 0
    while children:
        ended, status = os.wait()
        number = children.pop(ended, -1)
        if stopping or number < 0:
            continue
        deaths += 1
        if deaths >= SOONEST:
            stop(0, None)
            raise OperatorError(f"workers keep ending (status {os.waitstatus_to_exitcode(status)}); see their output")
        children[_start(make, sock, number)] = number


def _start(make: Callable[[int], Gateway], sock: socket.socket, number: int) -> int:
    """Fork one child; gives its process id. The child never comes back from here."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        uvicorn.run(make(number), sock, ready=lambda: None)
        code = 0
    finally:
        os._exit(code)
