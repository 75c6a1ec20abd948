"""How a client is run: its exit, its time, everything that it started, and services that are asked."""

import http.server
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from mockserver.core.errors import OperatorError
from mockserver.exam import clients
from mockserver.exam.clients import (
    INTERRUPTED,
    ClientTask,
    CommandClient,
    ServiceClient,
    out_of_time,
    write_url_file,
)


def task(within: float = 20.0, *, asked: bool = True, interrupted: bool = False) -> ClientTask:
    event = Event()
    if interrupted:
        event.set()
    first = time.time()
    return ClientTask({"PATH": "/usr/bin:/bin", "WHO": "you"}, within, lambda: first if asked else None, event)


@pytest.mark.process
def test_a_command_ends_with_its_code_and_output() -> None:
    end = CommandClient(["sh", "-c", "echo to $WHO; cat; exit 3"], stdin=b"said").run(task())
    assert (end.code, end.output, end.said, end.stopped) == (3, "to you\nsaid", "exit code 3", "")


@pytest.mark.process
def test_output_can_report_the_failure() -> None:
    end = CommandClient(["sh", "-c", "echo Sorry, no"], failure="Sorry|Oops").run(task())
    assert (end.code, end.said) == (0, "'Sorry' in its output")


@pytest.mark.process
def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "open")
    reader = os.open(tmp_path / "open", os.O_RDONLY | os.O_NONBLOCK)
    end = CommandClient(["sh", "-c", f"(echo here; sleep 60) > {tmp_path / 'open'} & wait"]).run(task(within=0.3))
    assert end.stopped == "the client was still running 0.3 s after its first request"
    os.set_blocking(reader, True)
    with open(reader, "rb") as pipe:
        assert pipe.read() == b"here\n", "the pipe ends with the last process that has it open"


@pytest.mark.process
def test_a_command_that_cannot_be_started_is_the_operators_mistake() -> None:
    with pytest.raises(OperatorError, match="cannot start '/no/such/agent': No such file"):
        CommandClient(["/no/such/agent"]).run(task())


def test_a_client_is_stopped_for_its_time_alone() -> None:
    now = time.monotonic()
    assert out_of_time(task(), now) == ""
    assert out_of_time(task(within=-1.0), now).startswith("the client was still running")
    assert out_of_time(task(asked=False), now) == ""
    assert out_of_time(task(asked=False), now - clients.START_TIME - 1) == "the client sent no request in 60 s"
    assert out_of_time(task(interrupted=True), now) == INTERRUPTED


def test_a_bad_pattern_is_one_message() -> None:
    with pytest.raises(OperatorError, match="--failure: not a regular expression"):
        CommandClient(["true"], failure="((")


class Server(http.server.ThreadingHTTPServer):
    """A server that says when it ends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Service)
        self.ending = threading.Event()


class Service(http.server.BaseHTTPRequestHandler):
    """Answers a path with the status that it names; /slow never answers."""

    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/slow":
            self.server.ending.wait()
            return
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        self.end_headers()
        self.wfile.write(b"got " + body)

    def log_message(self, *words: object) -> None:
        """Print nothing."""


@contextmanager
def service() -> Iterator[str]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("path", "said"), [("/200", ""), ("/500", "status 500")])
def test_a_running_service_is_asked(path: str, said: str) -> None:
    with service() as url:
        end = ServiceClient(url + path, body=b"{}").run(task())
    assert (end.said, end.output, end.stopped) == (said, "got {}", "")


def test_a_service_that_does_not_answer_is_stopped() -> None:
    with service() as url:
        end = ServiceClient(url + "/slow", body=b"{}").run(task(within=0.1))
    assert end.stopped == "the client was still running 0.1 s after its first request"


def test_a_service_that_breaks_off_reports_a_failure() -> None:
    end = ServiceClient(f"http://127.0.0.1:{clients.free_port()}/").run(task())
    assert (end.said, end.stopped) == ("status 599", "")


SERVICE = """
import http.server, os

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["WHO"].encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
"""


@pytest.mark.process
def test_a_service_is_started_on_a_free_port_and_asked() -> None:
    client = ServiceClient("http://127.0.0.1:{port}/", [sys.executable, "-S", "-c", SERVICE], failure="nobody")
    end = client.run(task())
    assert client.is_parallel
    assert end.output.startswith("you\n")
    assert end.said == ""


@pytest.mark.process
def test_a_service_that_ends_is_the_operators_mistake() -> None:
    client = ServiceClient("http://127.0.0.1:{port}/", ["sh", "-c", "echo no database; exit 7"])
    with pytest.raises(OperatorError, match="the service ended with exit code 7: no database"):
        client.run(task())


def test_the_url_file_has_a_line_for_each_variable(tmp_path: Path) -> None:
    file = tmp_path / "mock.env"
    write_url_file(file, {"A_URL": "http://127.0.0.1:1", "A_KEY": "sk"})
    assert file.read_text() == "A_URL=http://127.0.0.1:1\nA_KEY=sk\n"
    assert list(tmp_path.iterdir()) == [file]
