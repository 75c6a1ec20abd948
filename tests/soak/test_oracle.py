"""The oracle, and the report of a difference from it."""

import pytest

from mockserver.core.actions import Close, Data, End, Head
from tools.attack.mock import Readings
from tools.soak.__main__ import GROWTH, SPARE, kept_back
from tools.soak.client import is_complete
from tools.soak.oracle import ExpectedAnswer, difference, expected
from tools.soak.plan import SoakRequest

ASKED = SoakRequest("/v1/messages", {}, b"{}")
HELLO = ExpectedAnswer(200, b"hello", True)


def test_an_answer_is_expected_as_its_actions_say_and_without_its_time() -> None:
    assert expected((Head(200), Data(b'{"created": 17,'), Data(b'"a":1}'), End())) == ExpectedAnswer(
        200, b'{,"a":1}', True
    )
    assert expected((Head(200), Data(b"a"), Close())) == ExpectedAnswer(200, b"a", False)


@pytest.mark.parametrize(
    ("asked", "status", "body", "whole", "is_right"),
    [
        (ASKED, 200, b"hello", True, True),
        (ASKED, 200, b"hellO", True, False),
        (ASKED, 200, b"hello", False, False),
        (ASKED, 500, b"hello", True, False),
        (ASKED, 200, b"hel", True, False),
        (ASKED._replace(leaves=True), 200, b"hel", False, True),
        (ASKED._replace(leaves=True), 200, b"hal", False, False),
    ],
)
def test_an_answer_is_right_if_every_byte_is(
    asked: SoakRequest, status: int, body: bytes, whole: bool, is_right: bool
) -> None:
    assert (difference(asked, HELLO, status, body, whole) is None) is is_right


def test_a_difference_is_told_with_its_place() -> None:
    told = difference(ASKED, HELLO, 200, b"help", False) or ""
    assert "expected 200 of 5 bytes, got 200 of 4, cut; from byte 3: expected b'hello', got b'help'" in told


@pytest.mark.parametrize(
    ("arrived", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", False),
        (b"HTTP/1.1 200 OK\r\n", False),
    ],
)
def test_the_end_of_an_answer_is_its_length_or_its_last_chunk(arrived: bytes, complete: bool) -> None:
    assert is_complete(bytearray(arrived)) is complete


IDLE = Readings(60.0, 20, 2)


@pytest.mark.parametrize(
    ("full", "now", "told"),
    [
        (100.0, Readings(100.0, 20, 2), []),
        (100.0, Readings(101.0 + GROWTH, 20, 2), ["121 MB, expected at most 120"]),
        (None, Readings(500.0, 20, 2), []),
        (100.0, Readings(100.0, 21 + SPARE, 2), ["25 descriptors, expected at most 24"]),
        (100.0, Readings(100.0, 20, 9), ["9 tasks, expected at most 6"]),
    ],
)
def test_what_a_server_keeps_back_is_told(full: float | None, now: Readings, told: list[str]) -> None:
    assert kept_back(IDLE, full, now) == told
