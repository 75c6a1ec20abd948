"""Trailer fields: they are no headers. A key, a session or a token in a trailer counts for nothing."""

import asyncio

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, parsed
from tools.attack.mock import TOKEN, mock


def chunked(path: str, body: bytes, trailers: str, method: str = "POST", headers: str = "") -> bytes:
    """Return a chunked request whose last chunk has trailers."""
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{headers}"
    head += "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    return head.encode() + b"%x\r\n%s\r\n0\r\n" % (len(body), body) + f"{trailers}\r\n".encode()


def run(notes: Notes) -> None:
    """Send a key, a session, a host and the control API's token as trailers."""
    body = message("hello")
    with mock() as attacked, attacked.control() as control, notes.watched(attacked):

        def status(raw: bytes) -> int:
            return parsed(asyncio.run(ask(attacked.port, raw, 5))).status

        key = status(chunked("/v1/messages", body, "x-api-key: sk_trailer\r\n"))
        token = status(chunked("/_mock/verify", b'{"when": {}}', f"authorization: Bearer {TOKEN}\r\n"))
        session = status(
            chunked("/v1/messages", body, "x-mock-session: trailing\r\n", headers="x-api-key: sk_trailer\r\n")
        )
        sessions = [shape["id"] for shape in control.get("/sessions").json()]
        large = status(chunked("/v1/messages", body, f"x-a: {'a' * (1 << 20)}\r\n", headers="x-api-key: sk_b\r\n"))
    notes.figure(f"key {key}, token {token}, session {session}, 1 MB {large}")
    notes.check(key == 401, f"a key in a trailer authenticates: {key}")
    notes.check(token == 401, f"a token in a trailer opens the control API: {token}")
    notes.check("trailing" not in sessions, "a trailer chose the session")


ACT = Act("trailers", "x-api-key, the control token and a session as trailer fields", run)
