"""Recorded answers find their turns by what the turns say, wherever they stand in the file."""

from collections.abc import Sequence

import pytest

from mockserver.scenarios.recorded import (
    RecordedAnswer,
    RecordedPiece,
    RecordedRequest,
    answers_by_turn,
    read_answers,
    says,
    wants_recorded,
)
from mockserver.scenarios.schema import Scenario, Turn

REQUEST = RecordedRequest(method="POST", path="/v1/messages")


def recorded(reply: str, first: float) -> RecordedAnswer:
    """Return an answer of a turn with this reply; `first` tells it from others."""
    turn = Turn.model_validate({"reply": reply})
    return RecordedAnswer(says=says(turn), operation="create_message", request=REQUEST, status=200, first=first)


def shared(
    turns: Sequence[dict[str, object]], answers: Sequence[RecordedAnswer] | None, **fields: object
) -> tuple[list[list[float]], list[tuple[tuple[str | int, ...], str]]]:
    """Return which answers each turn gets, by their `first`, and the problems."""
    problems: list[tuple[tuple[str | int, ...], str]] = []
    scenario = Scenario.model_validate({"scenario": "exact", "replay": "exact", "turns": turns, **fields})
    got = answers_by_turn(scenario, answers, lambda path, message: problems.append((path, message)))
    return [[answer.first for answer in answers] for answers in got], problems


A, A2, B = recorded("a", 1.0), recorded("a", 2.0), recorded("b", 3.0)

SHARED: list[tuple[list[dict[str, object]], list[list[float]]]] = [
    ([{"reply": "b"}, {"reply": "a"}, {"reply": "a"}], [[3.0], [1.0], [2.0]]),
    ([{"reply": "a", "times": 2}, {"reply": "b", "pace": {"first": "1s"}}], [[1.0, 2.0], [3.0]]),
    ([{"reply": "a", "times": "always"}, {"reply": "b", "times": 3}], [[1.0], [3.0]]),
    ([{"reply": "a", "times": 3}, {"reply": "a"}], [[1.0, 2.0], [2.0]]),
    ([{"reply": "new", "replay": "meaning"}, {"reply": "b", "must": True}], [[], [3.0]]),
]


@pytest.mark.parametrize(("turns", "expected"), SHARED)
def test_turns_get_the_answers_that_say_the_same(turns: list[dict[str, object]], expected: list[list[float]]) -> None:
    assert shared(turns, [A, A2, B]) == (expected, [])


def test_a_turn_that_was_edited_is_a_mistake_with_the_remedy() -> None:
    got, problems = shared([{"reply": "a"}, {"reply": "edited"}], [A])
    message = "no recorded answer says what this turn says; record again, or write `replay: meaning` for it"
    assert (got, problems) == ([[1.0], []], [(("turns", 1), message)])


def test_a_missing_file_is_a_mistake_where_it_is_asked_for() -> None:
    message = (
        "expected recorded answers in *.frames.jsonl beside this file, which is missing; "
        "record again, or write `replay: meaning`"
    )
    assert shared([{"reply": "a"}], None) == ([[]], [(("replay",), message)])
    turns: list[dict[str, object]] = [{"reply": "a"}, {"reply": "b", "replay": "exact"}]
    assert shared(turns, None, replay="meaning") == ([[], []], [(("turns", 1, "replay"), message)])


def test_a_scenario_without_exact_turns_needs_no_answers() -> None:
    scenario = Scenario.model_validate({"scenario": "plain", "turns": [{"reply": "a"}]})
    assert not wants_recorded(scenario)
    assert shared([{"reply": "a"}], None, replay="meaning") == ([[]], [])


@pytest.mark.parametrize("payload", [b"", b"data: {}\n\n", "ä\U0001f600".encode(), b"\xff\x00"])
def test_bytes_survive_the_file(payload: bytes) -> None:
    answer = RecordedAnswer(
        says="x", operation="", request=REQUEST, status=200, pieces=(RecordedPiece.of(0.123456, payload, "k"),)
    )
    [again] = read_answers(answer.line.encode())
    assert again == answer
    assert (again.pieces[0].payload, again.pieces[0].at) == (payload, 0.1235)


def test_a_line_that_is_no_answer_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: "):
        read_answers((A.line + '{"says": 1}\n').encode())
