"""How a client is made to do its work once: by running a command, or by a request to a service.

A client gets base URLs and key in its environment. It reports a failure by an exit code other than 0, by a status of
400 and above, or by words in its output that the operator names.
"""

import re
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from mockserver.core.errors import OperatorError
from mockserver.exam.judge import overtime
from mockserver.exam.processes import ClientProcess, running
from mockserver.exam.results import ClientEnd

TICK = 0.05
"""Seconds between two looks at a running client."""

START_TIME = 60.0
"""Seconds that a client may take until its first request, or a service until it listens."""

PORT = "{port}"
"""Stands for a free port in the URL of a service; its command gets the port as PORT."""

INTERRUPTED = "the exam was interrupted"


class ClientTask(NamedTuple):
    """One run of a client: its environment, its time, and when it sent its first request (None: not yet).

    `wait` advances the clock of the session, for a client in this process that does not wait itself.
    """

    env: Mapping[str, str]
    within: float
    first_request: Callable[[], float | None]
    interrupted: Event
    wait: Callable[[float], None] = time.sleep


class ExamClient(ABC):
    """A client under examination. `title` names it in reports; `is_parallel` says whether it can run several times."""

    title: str
    is_parallel = True

    @abstractmethod
    def run(self, task: ClientTask) -> ClientEnd:
        """Make the client do its work once, and return how it ended. Raises `OperatorError` if it cannot start."""


class CommandClient(ExamClient):
    """A command that does its work and ends. `stdin` is what it reads, and `env` is added to its environment."""

    def __init__(
        self,
        command: Sequence[str],
        failure: str | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.title = " ".join(command)
        self._command = command
        self._failure = failure_pattern(failure)
        self._stdin = stdin
        self._env = env

    def run(self, task: ClientTask) -> ClientEnd:
        """Run the command, and end it when its time is over."""
        began = time.monotonic()
        with running(self._command, {**task.env, **self._env}, self._stdin) as process:
            code, stopped = None, ""
            while code is None and not stopped:
                code = process.wait(TICK)
                stopped = "" if code is not None else out_of_time(task, began)
            if stopped:
                process.end()
            output = process.output()
        said = f"exit code {code}" if code else _failure_in(output, self._failure)
        return ClientEnd(code, output, time.monotonic() - began, said, stopped)


class ServiceClient(ExamClient):
    """A service that does its work when it gets a request. `command` starts it; without one it runs already."""

    def __init__(
        self, url: str, command: Sequence[str] = (), body: bytes | None = None, failure: str | None = None
    ) -> None:
        self.title = f"{url} ({' '.join(command)})" if command else url
        self.is_parallel = PORT in url
        self._url = url
        self._command = command
        self._body = body
        self._failure = failure_pattern(failure)

    def run(self, task: ClientTask) -> ClientEnd:
        """Start the service if it does not run, and send it the request."""
        port = free_port()
        url = self._url.replace(PORT, str(port))
        if not self._command:
            return self._ask(url, task, None)
        with running(self._command, {**task.env, "PORT": str(port)}) as process:
            _wait_for(url, process, task)
            return self._ask(url, task, process)

    def _ask(self, url: str, task: ClientTask, process: ClientProcess | None) -> ClientEnd:
        began = time.monotonic()
        status, output, stopped = _exchange(url, self._body, task, began)
        if process is not None:
            output += "\n" + process.output()
        said = f"status {status}" if status >= 400 else _failure_in(output, self._failure)
        return ClientEnd(1 if said else 0, output, time.monotonic() - began, said, stopped)


def out_of_time(task: ClientTask, began: float) -> str:
    """Return why a running client must be stopped now, or ""."""
    if task.interrupted.is_set():
        return INTERRUPTED
    first = task.first_request()
    if first is None:
        late = time.monotonic() - began > START_TIME
        return f"the client sent no request in {START_TIME:g} s" if late else ""
    return overtime(task.within) if time.time() - first > task.within else ""


def failure_pattern(text: str | None) -> re.Pattern[str] | None:
    """Return the compiled pattern of output that reports a failure. Raises `OperatorError` for a bad one."""
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise OperatorError(f"--failure: not a regular expression: {error}") from None


def _failure_in(output: str, pattern: re.Pattern[str] | None) -> str:
    found = pattern.search(output) if pattern is not None else None
    return "" if found is None else f"'{found[0]}' in its output"


def free_port() -> int:
    """Return a port of the loopback interface on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: ClientProcess, task: ClientTask) -> None:
    """Return when the service accepts connections. Raises `OperatorError` if it ends or takes too long."""
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80))
    until = time.monotonic() + START_TIME
    while time.monotonic() < until and not task.interrupted.is_set():
        try:
            socket.create_connection(address, 1.0).close()
        except OSError:
            code = process.wait(TICK)
            if code is not None:
                raise OperatorError(f"the service ended with exit code {code}: {process.output()[-500:]}") from None
        else:
            return
    raise OperatorError(f"the service does not listen on {address[0]}:{address[1]}")


def _exchange(url: str, body: bytes | None, task: ClientTask, began: float) -> tuple[int, str, str]:
    """Return the status and body of the service's answer, and why it was not waited for any longer."""
    headers = {"content-type": "application/json"} if body is not None else {}
    opener = build_opener(ProxyHandler({}))  # the service is near; no proxy of the environment is
    pieces: list[bytes] = []
    status = 0
    try:
        with opener.open(Request(url, body, headers), timeout=task.within) as answer:
            status = answer.status
            while piece := answer.read1(65_536):
                pieces.append(piece)
                if time.monotonic() - began > task.within:
                    return status, _text(pieces), overtime(task.within)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace"), ""
    except TimeoutError:
        return status, _text(pieces), overtime(task.within)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            return status, _text(pieces), overtime(task.within)
        return 599, f"{_text(pieces)}\n{type(error).__name__}: {error}", ""
    return status, _text(pieces), ""


def _text(pieces: Sequence[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace")


def write_url_file(file: Path, env: Mapping[str, str]) -> None:
    """Write the variables of a case into a file, as lines `NAME=value`; a reader never sees half of it."""
    draft = file.with_name(file.name + ".new")
    draft.write_text("".join([f"{name}={value}\n" for name, value in env.items()]), encoding="utf-8")
    draft.replace(file)
