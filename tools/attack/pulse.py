"""The bystander: a client in a process of its own that asks small things without a pause, and times each answer.

`python -m tools.attack.pulse PORT` asks until its input ends. For each line that it reads it prints, as JSON, how many
answers came since the last one, the latest of them and the 99th percentile, in seconds.
"""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

QUIET = 0.8
"""Seconds in which the server is measured before it is attacked."""
PAUSE = 0.004
ALLOWED = 0.3
"""Seconds that an answer may be later than three times the latest one of the quiet server."""
LIMIT = 60.0

BODY = b'{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"bystander"}]}'
REQUEST = (
    b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: sk_bystander\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY) + BODY
)


class Beat(NamedTuple):
    """What a bystander saw: how many answers, the latest, the 99th percentile, how many connections failed."""

    answers: int = 0
    latest: float = 0.0
    p99: float = 0.0
    lost: int = 0


class Bystander:
    """The bystander's measurements, before and during an attack."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        time.sleep(QUIET)
        self.quiet = self._mark()
        self.during = Beat()

    def _mark(self) -> Beat:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Beat(**json.loads(self._process.stdout.readline()))

    def finish(self) -> None:
        """Take the measurement of the attack."""
        self.during = self._mark()

    @property
    def is_held_up(self) -> bool:
        """Return whether an answer came too late because of somebody else."""
        return self.during.latest > ALLOWED + 3 * self.quiet.latest or self.during.lost > 0

    def __str__(self) -> str:
        ratio = self.during.latest / max(self.quiet.latest, 1e-6)
        lost = f", {self.during.lost} connections lost" if self.during.lost else ""
        return f"latest answer {1000 * self.during.latest:.0f} ms = {ratio:.1f} x quiet{lost}"


@contextmanager
def bystander(port: int) -> Iterator[Bystander]:
    """Yield a bystander that asks for as long as the block lasts; what it saw is final afterwards."""
    command = [sys.executable, "-m", "tools.attack.pulse", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = Bystander(process)
            yield found
            found.finish()
        finally:
            process.kill()


def main(port: int) -> None:
    """Ask until the input ends."""
    times: list[float] = []
    lost = 0
    sock: socket.socket | None = None
    while True:
        if select.select([sys.stdin], [], [], PAUSE)[0]:
            if not sys.stdin.readline():
                return
            times.sort()
            p99 = times[int(0.99 * (len(times) - 1))] if times else 0.0
            beat = Beat(len(times), times[-1] if times else LIMIT, p99, lost)
            print(json.dumps(beat._asdict()), flush=True)
            times, lost = [], 0
        start = time.perf_counter()
        try:
            if sock is None:
                sock = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
            sock.sendall(REQUEST)
            came = b""
            while b"\r\n\r\n" not in came or b"heard bystander" not in came:
                piece = sock.recv(65536)
                if not piece:
                    raise ConnectionError
                came += piece
            times.append(time.perf_counter() - start)
        except OSError:
            lost += 1
            sock = None


if __name__ == "__main__":
    main(int(sys.argv[1]))
