"""One request and its answer over ASGI: how an answer is framed, and what happens to an application that fails."""

import asyncio
from collections.abc import Callable

import pytest

from mockserver.server.asgi_cycle import AsgiApplication
from mockserver.server.asgi_types import Receive, Send
from mockserver.server.httptools_parser import HttptoolsParser
from tests.support.memory_connection import GET, Line

START = "http.response.start"
BODY = "http.response.body"

Message = dict[str, object]


def answers(*messages: Message) -> AsgiApplication:
    """Return an application that sends these messages."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(dict(message))

    return app


def played(app: AsgiApplication, sent: bytes = GET) -> tuple[bytes, bool]:
    """Return what an application's answer is on the wire, and whether the connection was closed after it."""

    async def main() -> tuple[bytes, bool]:
        line = Line(HttptoolsParser, app=app)
        await line.feed(sent)
        result = line.transport.written, line.transport.is_closed
        line.transport.abort()
        return result

    return asyncio.run(main())


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": START, "status": status, "headers": list(headers)}


def body(data: bytes, more: bool = False) -> Message:
    return {"type": BODY, "body": data, "more_body": more}


def test_an_answer_with_a_length_goes_out_as_it_is() -> None:
    app = answers(start((b"Content-Length", b"4"), (b"x-a", b"1")), body(b"ab", more=True), body(b"cd"))
    assert played(app) == (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-a: 1\r\n\r\nabcd", False)


@pytest.mark.parametrize("headers", [(), ((b"transfer-encoding", b"chunked"),)])
def test_an_answer_without_a_length_goes_out_in_chunks(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    app = answers(start(*headers), body(b"ab", more=True), body(b"", more=True), body(b"c"))
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert played(app) == (head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", False)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_has_no_framing(status: int) -> None:
    written, is_closed = played(answers(start(status=status), body(b"")))
    assert (written.partition(b"\r\n")[2], is_closed) == (b"\r\n", False)


def test_an_answer_to_head_has_its_headers_alone() -> None:
    app = answers(start((b"content-length", b"4")), body(b"abcd"))
    sent = GET.replace(b"GET", b"HEAD")
    assert played(app, sent) == (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", False)


def test_an_unknown_status_has_no_phrase() -> None:
    assert played(answers(start(status=599), body(b"")))[0].startswith(b"HTTP/1.1 599 \r\n")


def test_either_side_can_close() -> None:
    app = answers(start((b"connection", b"close"), (b"content-length", b"0")), body(b""))
    assert played(app) == (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", True)
    asks = GET[:-2] + b"connection: close\r\n\r\n"
    written, is_closed = played(answers(start((b"content-length", b"0")), body(b"")), asks)
    assert (written, is_closed) == (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", True)


async def _raises(scope: object, receive: Receive, send: Send) -> None:
    raise ZeroDivisionError


FAILED = b"HTTP/1.1 500 Internal Server Error\r\n"

NO_ANSWERS: dict[str, AsgiApplication] = {
    "an exception": _raises,
    "nothing": answers(),
    "a body before its head": answers(body(b"a")),
    "a header with a line break": answers(start((b"x-a", b"1\r\nx-b: 2"))),
    "a header name with a space": answers(start((b"x a", b"1"))),
}


@pytest.mark.parametrize("case", ["an exception", "nothing", "a body before its head"])
def test_an_application_without_an_answer_is_500(case: str) -> None:
    written, is_closed = played(NO_ANSWERS[case])
    assert (written.startswith(FAILED), written.endswith(b"Internal Server Error"), is_closed) == (True, True, True)


@pytest.mark.parametrize("case", ["a header with a line break", "a header name with a space"])
def test_a_header_that_would_break_the_framing_is_not_sent(case: str) -> None:
    assert played(NO_ANSWERS[case]) == (b"", True)


HEAD = start((b"content-length", b"4"))
BROKEN: dict[str, AsgiApplication] = {
    "too long": answers(HEAD, body(b"abcde")),
    "too short": answers(HEAD, body(b"abc")),
    "no end": answers(HEAD, body(b"abc", more=True)),
    "two heads": answers(HEAD, HEAD),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_answer_that_contradicts_its_head_closes_the_connection(case: str) -> None:
    written, is_closed = played(BROKEN[case])
    assert (written.count(b"HTTP/1.1"), is_closed) == (1, True)


def test_a_message_after_the_answer_is_an_error() -> None:
    errors: list[str] = []

    async def app(scope: object, receive: Receive, send: Send) -> None:
        await send(dict(HEAD))
        await send(body(b"abcd"))
        assert (await receive())["type"] == "http.disconnect"
        try:
            await send(body(b"more"))
        except RuntimeError as error:
            errors.append(str(error))

    played(app)
    assert errors == [f"unexpected ASGI message: {BODY}"]


def test_an_answer_that_is_cancelled_closes_the_connection() -> None:
    async def main() -> bool:
        async def app(scope: object, receive: Receive, send: Send) -> None:
            await asyncio.Event().wait()

        line = Line(HttptoolsParser, app=app)
        await line.feed(GET)
        for task in list(line.state.tasks):
            task.cancel()
        await line.settle()
        is_closed = line.transport.is_closed
        line.transport.abort()
        return is_closed

    assert asyncio.run(main())


def _asking(first: Callable[[], bytes]) -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n" + first()


@pytest.mark.parametrize("reads", [True, False])
def test_a_client_is_told_to_continue_if_its_body_is_read(reads: bool) -> None:
    async def app(scope: object, receive: Receive, send: Send) -> None:
        if reads:
            await receive()
        await send(start((b"content-length", b"0")))
        await send(body(b""))

    written, _ = played(app, _asking(lambda: b"ab"))
    assert written.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200" if reads else b"HTTP/1.1 200")
