"""Recording again: what did not change stays byte for byte, comments and all."""

import msgspec
import pytest

from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.scenario import scenario_of
from tests.support.engine import Talk, extended, turns
from tests.support.recordings import Recorder, ask, said

QUESTIONS = ("one", "two", "three")


def recorded(*answers: str) -> list[RecordedExchange]:
    """Return one exchange for each answer."""
    recorder = Recorder(Talk(turns("".join([f"  - reply: {answer}\n" for answer in answers])), served=extended()))
    return [recorder.ask(ask("openai", said(question), stream=True)) for question in QUESTIONS[: len(answers)]]


def slower(exchange: RecordedExchange, factor: float) -> RecordedExchange:
    """Return an exchange whose answer took its time."""
    frames = [Frame(factor * (0.5 + number / 10), frame.payload) for number, frame in enumerate(exchange.frames)]
    return msgspec.structs.replace(exchange, frames=tuple(frames))


def again(exchanges: list[RecordedExchange], before: str) -> str:
    return scenario_of(exchanges, "again", extended(), before=before)


def test_the_same_recording_gives_the_same_file() -> None:
    exchanges = recorded("a", "b", "c")
    assert again(exchanges, again(exchanges, "")) == again(exchanges, "")


def test_other_times_change_nothing() -> None:
    exchanges = recorded("a b c", "b c d")
    first = again([slower(exchange, 1.0) for exchange in exchanges], "")
    assert "pace:" in first
    assert again([slower(exchange, 3.0) for exchange in exchanges], first) == first


def test_only_the_turn_that_changed_is_written_anew() -> None:
    before = again(recorded("a", "b", "c"), "").replace("reply: a", "reply: 'a' # checked by hand")
    before = before.replace("  - when: {text: three}", "  # the last\n  - when: {text:   three}")
    expected = before.replace("reply: b", "reply: other")
    assert again(recorded("a", "other", "c"), before) == expected


def test_the_head_stays() -> None:
    before = "# Ours.\n" + again(recorded("a"), "").replace("turns:", "about: Mine.\nturns:")
    assert again(recorded("b"), before) == before.replace("reply: a", "reply: b")


def test_a_turn_that_is_gone_is_left_out() -> None:
    assert again(recorded("a"), again(recorded("a", "b"), "")) == again(recorded("a"), "")


@pytest.mark.parametrize(
    "before",
    ["", "a: [", "text", "[1]", "scenario: other\nturns:\n  - reply: x\n", "scenario: again\nturns: [{reply: a}]\n"],
)
def test_a_file_of_another_form_keeps_nothing(before: str) -> None:
    assert again(recorded("a"), before) == again(recorded("a"), "")
