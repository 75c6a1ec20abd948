"""A session's own pace over the pace of a scenario."""

import msgspec
import pytest

from mockserver.accounts.session import Overrides
from mockserver.core.actions import Wait
from tests.support.engine import Talk, turns

PACED = turns("  - reply: one two three\n    pace: {first: 1s, rate: 10/s}\n    times: always\n")
PLAIN = turns("  - reply: one two three\n    times: always\n")


def waits(talk: Talk, pace: str | None) -> list[float]:
    """Return the waits of a stream in a session with this pace of its own."""
    talk.session = msgspec.structs.replace(talk.session, overrides=Overrides(pace=pace))
    return [action.seconds for action in talk.say(stream=True).actions if isinstance(action, Wait)]


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        (None, [1.0, 0.1, 0.1]),
        ('{"first": "2s"}', [2.0, 0.1, 0.1]),
        ('{"interval": "50ms"}', [1.0, 0.05, 0.05]),
        ('{"rate": "20/s"}', [1.0, 0.05, 0.05]),
        ('{"chunk": "whole"}', [1.0]),
    ],
)
def test_the_pace_of_a_session_replaces_what_it_names_and_no_more(pace: str | None, expected: list[float]) -> None:
    assert waits(Talk(PACED), pace) == expected


def test_the_pace_of_a_session_is_that_of_a_reply_without_one() -> None:
    assert waits(Talk(PLAIN), '{"first": "2s"}') == [2.0]
    assert waits(Talk(PLAIN), None) == []
