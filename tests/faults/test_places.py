"""Places that mean the same on every wire."""

import pytest

from mockserver.core.actions import Close, Data
from tests.support.engine import CHAT, MESSAGES, Talk, turns


@pytest.mark.parametrize(("path", "next_event"), [(MESSAGES, "content_block_stop"), (CHAT, "finish")])
def test_stop_is_right_behind_the_last_piece_of_the_reply(path: str, next_event: str) -> None:
    broken = Talk(turns("  - reply: one two\n    faults: [{close: {at: stop}}]\n")).say(path, stream=True)
    whole = Talk(turns("  - reply: one two\n")).say(path, stream=True)
    events = [action.event for action in broken.actions if isinstance(action, Data)]
    assert isinstance(broken.actions[-1], Close)
    assert [frame.event for frame in whole.frames][: len(events) + 1] == [*events, next_event]


def test_stop_has_no_effect_where_no_piece_is_left() -> None:
    answer = Talk(turns("  - reply: one\n    faults: [{cut: {at: delta}}, {close: {at: stop}}]\n")).say(stream=True)
    assert answer.note.idle_faults == ("the answer has no event behind its last delta",)
