"""Servers that find the end of a request, or its host, in another way than HTTP does, in front of a sound gateway.

Each reads the head leniently, takes as many bytes for the body as its fault says, passes the request on well formed,
and keeps the connection open. What follows the body is the next request.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import urllib3

_HIDDEN = re.compile(rb"GET (\S+) HTTP/1.1")

Head = list[tuple[str, str]]
Length = Callable[[Head, BufferedIOBase], bytes]
"""Reads the body of a request from its connection. It raises `ValueError` for what is refused."""

_PLAIN_LINE = re.compile(r"[!#-9;-~]+:[^\r\n]*\r\n")
_LENIENT_LINE = re.compile(r"\s*[^:]+:[^\n]*\n")


def _values(head: Head, name: str) -> list[str]:
    return [value for key, value in head if key == name]


def _by_length(head: Head, file: BufferedIOBase, which: int = 0) -> bytes:
    lengths = _values(head, "content-length")
    return file.read(int(lengths[which])) if lengths else b""


def _by_chunks(
    file: BufferedIOBase, size_of: Callable[[bytes], int] = lambda line: int(line.split(b";")[0], 16)
) -> bytes:
    body = b""
    while size := size_of(file.readline()):
        body += file.read(size)
        file.readline()
    while file.readline().strip():
        pass
    return body


def _strict(head: Head, file: BufferedIOBase) -> bytes:
    """Read a body as HTTP does."""
    lengths, codings = _values(head, "content-length"), _values(head, "transfer-encoding")
    if (codings and (lengths or codings != ["chunked"])) or len({*lengths}) > 1 or not all(map(str.isdecimal, lengths)):
        raise ValueError("the length is ambiguous")
    return _by_chunks(file, _size) if codings else _by_length(head, file)


def _size(line: bytes) -> int:
    if not re.fullmatch(rb"[0-9a-fA-F]{1,15}(;.*)?\r\n", line):
        raise ValueError("no size of a chunk")
    return int(line.split(b";")[0], 16)


def _length_over_chunks(head: Head, file: BufferedIOBase) -> bytes:
    return _by_length(head, file) if _values(head, "content-length") else _strict(head, file)


def _chunks_over_length(head: Head, file: BufferedIOBase) -> bytes:
    return _by_chunks(file) if _values(head, "transfer-encoding") == ["chunked"] else _strict(head, file)


def _any_coding(head: Head, file: BufferedIOBase) -> bytes:
    codings = ", ".join(_values(head, "transfer-encoding"))
    both = codings == "chunked" and _values(head, "content-length")
    return _by_chunks(file) if "chunked" in codings and not both else _strict(head, file)


def _first_length(head: Head, file: BufferedIOBase) -> bytes:
    return _by_length(head, file) if len(_values(head, "content-length")) > 1 else _strict(head, file)


def _last_length(head: Head, file: BufferedIOBase) -> bytes:
    return _by_length(head, file, -1) if len(_values(head, "content-length")) > 1 else _strict(head, file)


def _any_size(head: Head, file: BufferedIOBase) -> bytes:
    """Read the sizes of chunks as C's strtoul does: a sign, and no more than 64 bits."""
    if _values(head, "transfer-encoding") == ["chunked"] and not _values(head, "content-length"):
        return _by_chunks(file, lambda line: int(line.split(b";")[0], 16) % 2**64)
    return _strict(head, file)


def _no_number(head: Head, file: BufferedIOBase) -> bytes:
    """Take a length that is no number for none."""
    lengths = _values(head, "content-length")
    return b"" if len(lengths) == 1 and not lengths[0].isdecimal() else _strict(head, file)


Asked = Callable[[list[str], str, str], str]
"""Returns the path for the values of Host, the target, and the host that is served. It raises `ValueError` too."""

_ABSOLUTE = re.compile(r"http://([^/?#]*)(.*)")
_ONE_HOST = re.compile(r"[\w.-]+(:\d+)?")


def _host_by_target(hosts: list[str], target: str, own: str) -> str:
    """Find the path as HTTP does."""
    if len(hosts) != 1 or not _ONE_HOST.fullmatch(hosts[0]):
        raise ValueError("not one host")
    return _path(target)


def _path(target: str) -> str:
    absolute = _ABSOLUTE.fullmatch(target)
    return absolute[2] if absolute else target


def _no_host(hosts: list[str], target: str, own: str) -> str:
    return _host_by_target(hosts or [own], target, own)


def _same_host_twice(hosts: list[str], target: str, own: str) -> str:
    return _host_by_target(list(dict.fromkeys(hosts)), target, own)


def _first_host(hosts: list[str], target: str, own: str) -> str:
    return _host_by_target(hosts[:1] if len({*hosts}) > 1 else hosts, target, own)


def _first_word(hosts: list[str], target: str, own: str) -> str:
    return _host_by_target([host.split()[0] for host in hosts], target, own)


def _no_absolute(hosts: list[str], target: str, own: str) -> str:
    return _host_by_target(hosts, target, own) and target.replace("http://", "/")


def _host_over_target(hosts: list[str], target: str, own: str) -> str:
    """Serve a target in absolute form only for whom Host names."""
    if _ABSOLUTE.fullmatch(target) and hosts != [own]:
        raise ValueError("another host")
    return _host_by_target(hosts, target, own)


def _either_host(hosts: list[str], target: str, own: str) -> str:
    """Serve several hosts: this one if the target or Host names it."""
    absolute = _ABSOLUTE.fullmatch(target)
    if hosts != [own] and (not absolute or absolute[1] != own):
        raise ValueError("another host")
    return _host_by_target(hosts, target, own)


@dataclass(frozen=True)
class Front:
    """How a server reads a body, the lines that it takes for headers, and where it finds host and path.

    With `is_shared` all clients share one connection to the gateway: the answer to a hidden request waits there for
    the next of them.
    """

    body: Length = _strict
    line: re.Pattern[str] = _PLAIN_LINE
    is_shared: bool = False
    asked: Asked = _host_by_target


FRAMINGS: dict[str, tuple[str, str, Front]] = {
    "length-over-chunks": ("framing", "one-request-one-answer", Front(_length_over_chunks)),
    "chunks-over-length": ("framing", "one-request-one-answer", Front(_chunks_over_length)),
    "coding-is-like-chunked": ("framing", "one-request-one-answer", Front(_any_coding)),
    "first-length-wins": ("framing", "one-request-one-answer", Front(_first_length)),
    "last-length-wins": ("framing", "one-request-one-answer", Front(_last_length)),
    "size-of-chunk-wraps": ("framing", "one-request-one-answer", Front(_any_size)),
    "answer-of-the-hidden": ("framing", "one-request-one-answer", Front(_length_over_chunks, is_shared=True)),
    "length-that-is-no-number": ("framing", "framing-refused", Front(_no_number)),
    "space-before-the-colon": ("framing", "framing-refused", Front(line=_LENIENT_LINE)),
    "host-may-be-absent": ("framing", "host-required", Front(asked=_no_host)),
    "same-host-twice": ("framing", "host-required", Front(asked=_same_host_twice)),
    "first-host-wins": ("framing", "host-required", Front(asked=_first_host)),
    "host-with-a-space": ("framing", "host-required", Front(asked=_first_word)),
    "absolute-target-unknown": ("framing", "absolute-target", Front(asked=_no_absolute)),
    "host-over-target": ("framing", "absolute-target", Front(asked=_host_over_target)),
    "either-host-is-enough": ("framing", "absolute-target", Front(asked=_either_host)),
}
"""Name -> family, promises, and how the server reads a request."""


def _head(file: BufferedIOBase, line_of: re.Pattern[str]) -> Head:
    head = []
    while (line := file.readline(65_536).decode("latin-1")).strip("\r\n"):
        if not line_of.fullmatch(line):
            raise ValueError("a line is no header")
        name, _, value = line.partition(":")
        head.append((name.strip().lower(), value.strip(" \t\r\n")))
    return head


@contextmanager
def fronted(behind: str, front: Front) -> Iterator[str]:
    """Serve in front of a gateway while the block runs; yield the URL."""
    pool = urllib3.PoolManager(maxsize=32, retries=False)
    hidden: list[str] = []

    class FrontHandler(StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            """Answer requests until a client leaves, asks to close, or sends what is refused."""
            while line := self.rfile.readline(65_536):
                try:
                    method, target, _ = line.decode("latin-1").split(" ")
                    if not method.isalpha():
                        raise ValueError("no method")
                    head = _head(self.rfile, front.line)
                    target = front.asked(_values(head, "host"), target, own)
                    body = front.body(head, self.rfile)
                    found = _HIDDEN.search(body) if front.is_shared else None
                    if found:
                        hidden.append(found[1].decode())
                        raise ValueError("a request in the body")
                except (ValueError, OverflowError):
                    self.wfile.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    return
                self._pass_on(method, hidden.pop() if hidden else target, dict(head), body)
                if "close" in _values(head, "connection"):
                    return

        def _pass_on(self, method: str, target: str, head: dict[str, str], body: bytes) -> None:
            kept = {name: value for name, value in head.items() if name not in DROPPED}
            answer = pool.request(method, behind + target, headers=kept, body=body or None, redirect=False)
            fields = [pair for pair in answer.headers.items() if pair[0].lower() not in DROPPED]
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")
            length = b"" if method == "HEAD" else b"content-length: %d\r\n" % len(answer.data)
            self.wfile.write(b"HTTP/1.1 %d .\r\n" % answer.status + lines + length + b"\r\n" + answer.data)

    server = ThreadingTCPServer(("127.0.0.1", 0), FrontHandler)
    server.daemon_threads = True
    own = f"127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://{own}"
    finally:
        server.shutdown()
        server.server_close()


DROPPED = ("host", "connection", "content-length", "transfer-encoding")
"""Headers that belong to one connection, or are written anew."""
