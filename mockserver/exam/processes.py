"""Commands of the client, each in a process group of its own, so that nothing of it outlives its case.

The output goes to a file, not to a pipe: a grandchild that keeps a pipe open would keep the exam waiting.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from mockserver.core.errors import OperatorError

MOST_OUTPUT = 64 * 1024
"""Bytes of a client's output that are kept: the last ones."""

GRACE = 1.0
"""Seconds between the request to end and the end by force."""


class ClientProcess:
    """A running command of the client."""

    def __init__(self, process: subprocess.Popen[bytes], file: int) -> None:
        self._process = process
        self._file = file

    def wait(self, seconds: float) -> int | None:
        """Return the exit code if the command ends within these seconds, else None."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def output(self) -> str:
        """Return the end of what the command and its children have printed so far."""
        size = os.fstat(self._file).st_size
        kept = os.pread(self._file, MOST_OUTPUT, max(0, size - MOST_OUTPUT))
        return kept.decode("utf-8", "replace")

    def end(self) -> None:
        """End the command and everything that it started: by request, after a moment by force."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            self.wait(GRACE)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses it for a group of zombies
            os.killpg(self._process.pid, number)


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], stdin: bytes = b"") -> Iterator[ClientProcess]:
    """Start a command; end it with everything that it started when the block ends.

    Raises `OperatorError` if it cannot be started.
    """
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as questions:
        questions.write(stdin)
        questions.seek(0)
        try:
            process = subprocess.Popen(
                command,
                env=env,
                stdin=questions,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise OperatorError(f"cannot start '{command[0]}': {error.strerror or error}") from None
        client = ClientProcess(process, file.fileno())
        try:
            yield client
        finally:
            client.end()
