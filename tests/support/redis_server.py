"""A real Redis for one test: on a free port, killed and restarted by its process id."""

import socket
import subprocess
from pathlib import Path
from types import TracebackType


class RedisServer:
    """A redis-server that keeps every write on disk, so that a kill loses nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, and return when it takes connections."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        assert self._process.stdout is not None
        output = []
        for line in self._process.stdout:
            output.append(line)
            if "Ready to accept connections" in line:
                return
        raise AssertionError(f"redis-server did not start:\n{''.join(output)}")

    def kill(self) -> None:
        """Kill the server at once, like a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
