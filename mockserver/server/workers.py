"""Several processes on one socket: `serve --workers N`.

The parent binds the socket and forks; the children accept connections from the same queue, and the parent only watches.
It replaces a child that dies, and a signal to the parent ends all of them. Each child builds its own application after
the fork, so they share no event loop, connection or lock. They share the store; without one they would be N gateways
with different sessions and balances.
"""

import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

from mockserver.core.errors import OperatorError
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway

MOST_DEATHS = 20
"""Children that may die in all; after that many, the fault is in the server itself."""


def check(workers: int, store: str | None) -> None:
    """Check that the workers can work together. Raises `OperatorError` with the reason and the remedy."""
    if workers > 1 and store is None:
        raise OperatorError(
            f"--workers {workers} needs a shared store, or each worker would have its own sessions and balances; "
            "add --store redis://localhost:6379, or omit --workers"
        )
    if workers > 1 and not hasattr(os, "fork"):
        raise OperatorError("--workers needs fork, which this system lacks; start several servers with one --store")


def run(make: Callable[[int], Gateway], sock: socket.socket, workers: int) -> None:
    """Serve in `workers` processes until a signal ends them. Each child calls `make` with its number."""
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
        if deaths >= MOST_DEATHS:
            stop(0, None)
            raise OperatorError(f"workers keep dying (status {os.waitstatus_to_exitcode(status)}); see their output")
        children[_start(make, sock, number)] = number


def _start(make: Callable[[int], Gateway], sock: socket.socket, number: int) -> int:
    """Fork one child and return its process id. In the child, this function never returns."""
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
