"""The framing of an answer: its head, its body, and what must not get into either."""

import pytest

from mockserver.server.answer_framing import AnswerFraming

DATE = b"date: now\r\n"
PLAIN = ("content-type", "text/plain")


def framing(*, is_head: bool = False, keep_alive: bool = True) -> AnswerFraming:
    return AnswerFraming(is_head=is_head, keep_alive=keep_alive)


def test_a_body_with_a_length_goes_out_as_it_is() -> None:
    answer = framing()
    assert answer.head(200, [PLAIN, ("Content-Length", "2")], DATE) == (
        b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n"
    )
    assert (answer.body(b"a", more=True), answer.is_complete) == (b"a", False)
    assert (answer.body(b"b", more=False), answer.is_complete) == (b"b", True)


def test_a_body_without_a_length_goes_out_in_chunks() -> None:
    answer = framing()
    assert answer.head(200, [PLAIN], b"").endswith(b"content-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n")
    assert answer.body(b"", more=True) == b""
    assert answer.body(b"a" * 16, more=True) == b"10\r\n" + b"a" * 16 + b"\r\n"
    assert answer.body(b"", more=False) == b"0\r\n\r\n"


def test_chunks_that_the_answer_asks_for_are_not_asked_for_twice() -> None:
    head = framing().head(200, [("transfer-encoding", "Chunked")], b"")
    assert head == b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"


def test_head_has_the_length_and_no_body() -> None:
    answer = framing(is_head=True)
    assert b"content-length: 9\r\n" in answer.head(200, [("content-length", "9")], b"")
    assert (answer.body(b"123456789", more=False), answer.is_complete) == (b"", True)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_not_chunked(status: int) -> None:
    answer = framing()
    assert answer.head(status, [], b"").endswith(b"\r\n\r\n")
    assert answer.body(b"", more=False) == b""


@pytest.mark.parametrize(
    ("keep_alive", "headers", "closes"),
    [
        (True, [], False),
        (False, [], True),
        (True, [("connection", "Close")], True),
        (False, [("connection", "close")], True),
    ],
)
def test_the_end_of_the_connection_is_said_once(keep_alive: bool, headers: list[tuple[str, str]], closes: bool) -> None:
    answer = framing(keep_alive=keep_alive)
    assert answer.head(200, [*headers, ("content-length", "0")], b"").lower().count(b"connection: close") == closes
    assert answer.keep_alive is not closes


@pytest.mark.parametrize(
    ("name", "value"),
    [("x a", "1"), ("x:", "1"), ("x\r\ny", "1"), ("x", "1\r\ny: 2"), ("x", "1\n"), ("x", "\0"), ("x", "\x7f")],
)
def test_a_header_that_breaks_out_of_the_head_is_refused(name: str, value: str) -> None:
    with pytest.raises(RuntimeError):
        framing().head(200, [(name, value)], b"")


def test_tabs_percent_signs_and_latin_letters_are_sent_as_they_are() -> None:
    assert b"x%d: 100 %s\t\xe9\r\n" in framing().head(200, [("x%d", "100 %s\té")], b"")


def test_a_body_that_is_longer_than_its_length_is_refused() -> None:
    answer = framing()
    answer.head(200, [("content-length", "1")], b"")
    with pytest.raises(RuntimeError):
        answer.body(b"ab", more=False)


def test_a_body_that_is_shorter_than_its_length_is_not_complete() -> None:
    answer = framing()
    answer.head(200, [("content-length", "2")], b"")
    answer.body(b"a", more=False)
    assert not answer.is_complete
