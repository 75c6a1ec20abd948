"""The memo of the last head: what it recalls is what the parser would have said."""

import pytest

from mockserver.server.head_memo import MOST_HEADS, HeadMemo, KnownHeads
from mockserver.server.http_parser import RequestHead, RequestParser
from tests.support.memory_connection import PARSERS


class Events:
    """The events of a parser, as one head and one body."""

    def __init__(self) -> None:
        self.heads: list[RequestHead] = []
        self.body = b""

    def on_head(self, head: RequestHead) -> None:
        self.heads.append(head)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_end(self) -> None:
        """Do nothing: each test has one request."""


def request(*lines: bytes, body: bytes = b"abc") -> bytes:
    return b"\r\n".join([b"POST /a?b HTTP/1.1", *lines, b"", body])


def parsed(data: bytes, parser: type[RequestParser] = PARSERS[0]) -> tuple[RequestHead, bytes]:
    events = Events()
    parser(events, 65_536).feed(data)
    return events.heads[0], events.body


def memo_of(data: bytes, known: KnownHeads | None = None) -> HeadMemo:
    memo = HeadMemo({} if known is None else known)
    memo.learn(data, parsed(data)[0])
    return memo


ONE = request(b"Host: x", b"Content-Length: 3", b"X-A: 1")


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "again",
    [
        ONE,
        request(b"Host: x", b"Content-Length: 3", b"X-A: 1", body=b"xyz"),
        request(b"Host: x", b"Content-Length: 12", b"X-A: 1", body=b"a" * 12),
        request(b"Host: x", b"Content-Length: 0", b"X-A: 1", body=b""),
    ],
)
def test_a_repeated_head_is_recalled_as_it_would_be_parsed(again: bytes, parser: type[RequestParser]) -> None:
    assert memo_of(ONE).recall(again) == parsed(again, parser)


def test_equal_headers_are_one_mapping() -> None:
    memo = memo_of(ONE)
    first, second = memo.recall(ONE), memo.recall(ONE)
    assert first is not None
    assert second is not None
    assert first[0].fields is second[0].fields


TWO = ONE.replace(b"/a?b", b"/c")


def test_a_head_that_another_connection_sent_is_recalled() -> None:
    known: KnownHeads = {}
    first = memo_of(ONE, known).recall(ONE)
    second = HeadMemo(known).recall(ONE)
    assert first is not None
    assert second is not None
    assert first[0] is second[0]
    assert HeadMemo(known).recall(TWO) is None


def test_requests_to_two_paths_in_turns_are_recalled() -> None:
    known: KnownHeads = {}
    memo_of(ONE, known)
    memo = memo_of(TWO, known)
    assert [memo.recall(each) for each in (ONE, TWO, ONE)] == [parsed(ONE), parsed(TWO), parsed(ONE)]


def test_a_server_knows_a_bounded_number_of_heads() -> None:
    known: KnownHeads = {}
    sent = [request(b"Host: x", b"Content-Length: 3", b"X-A: %d" % number) for number in range(MOST_HEADS + 1)]
    for data in sent:
        memo_of(data, known)
    assert len(known) == MOST_HEADS
    assert HeadMemo(known).recall(sent[0]) is None
    assert HeadMemo(known).recall(sent[-1]) == parsed(sent[-1])


@pytest.mark.parametrize(
    "again",
    [
        ONE[:-1],
        ONE + b"d",
        ONE + ONE,
        ONE[:30],
        ONE.replace(b"X-A: 1", b"X-A: 2"),
        ONE.replace(b"POST", b"PUT "),
        request(b"Host: x", b"Content-Length: +3", b"X-A: 1"),
        request(b"Host: x", b"Content-Length: 3 ", b"X-A: 1"),
        request(b"Host: x", b"Content-Length: 3", b"X-B: 2", b"X-A: 1"),
        request(b"Host: x", b"Content-Length: 000000003", b"X-A: 1"),
    ],
)
def test_what_differs_is_left_to_the_parser(again: bytes) -> None:
    assert memo_of(ONE).recall(again) is None


@pytest.mark.parametrize(
    "first",
    [
        request(b"Host: x", b"Content-Length: 3", b"Connection: close"),
        request(b"Host: x", b"Transfer-Encoding: chunked", body=b"1\r\na\r\n0\r\n\r\n"),
        request(b"Host: x", body=b""),
        request(b"Host: x", b"X-A: " + b"a" * 9_000, b"Content-Length: 3"),
        ONE + ONE,
    ],
)
def test_a_head_that_says_more_than_its_body_is_not_remembered(first: bytes) -> None:
    assert memo_of(first).recall(first) is None
