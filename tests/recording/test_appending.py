"""Turns added to a scenario file: its own text stays, the new turns follow in its own indentation."""

import pytest

from mockserver.core.errors import OperatorError
from mockserver.files import loader
from mockserver.recording.appending import appended
from mockserver.recording.scenario import Turn

TURN: Turn = {"when": {"text": "Hello"}, "reply": "Good\nday"}
INDENTED = "# mine\nscenario: a\nturns:\n  - reply: Hi  # short\n"
FLUSH = "scenario: a\nturns:\n- reply: Hi"


@pytest.mark.parametrize("text", [INDENTED, FLUSH])
def test_the_file_stays_as_it_is_and_has_more_turns(text: str) -> None:
    longer = appended(text, [TURN, TURN], "a.yaml")
    assert longer.startswith(text)
    scenario = loader.parse(longer.encode(), "a.yaml").scenario
    assert [turn.reply[0].text for turn in scenario.turns if turn.reply] == ["Hi", "Good\nday", "Good\nday"]


def test_nothing_added_is_the_same_file() -> None:
    assert appended(INDENTED, [], "a.yaml") == INDENTED


@pytest.mark.parametrize(
    "text", ["scenario: a\nturns: [{reply: Hi}]\n", "turns:\n- reply: Hi\nscenario: a\n", "- a\n", "", "a: b\n"]
)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="turns can be added only where `turns` is the last key"):
        appended(text, [TURN], "a.yaml")
