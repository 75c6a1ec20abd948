"""What went wrong with an answer, in words, whatever its status says."""

import pytest
from pydantic import JsonValue

from mockserver.core.actions import Data
from mockserver.journal.log import Ended
from mockserver.journal.trouble import describe_trouble
from tests.control.test_turn_words import asked_of, recorded
from tests.support.fault_answers import FORMS

STREAMS, WHOLE = [form for form in FORMS if "stream" in form], [form for form in FORMS if "whole" in form]


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([{"cut": {"at": "delta 2"}}], "ends early"),
        ([{"error_event": {"at": "delta 2"}}], "error event"),
        ([{"malformed_json": "delta 2"}], "malformed event"),
        ([{"plain_data": {"at": 4, "text": "x"}}], "malformed event"),
        ([{"body": "html"}], "no stream"),
        ([{"body": "empty"}], "no body"),
        ([{"json_for_stream": "application/json"}], "no stream"),
        (["crlf"], ""),
        (["pings"], ""),
        (["one_byte_per_write"], ""),
        ([{"malformed_json": "delta 2"}, "one_byte_per_write"], "malformed event"),
        (["cr"], ""),
        (["multi_line_data"], ""),
        (["bom"], ""),
        (["surrogates_split"], ""),
        ([{"gzip": "each"}], ""),
        ([{"gzip": "truncated"}], "malformed gzip"),
        ([{"gzip": "header_only"}], "malformed gzip"),
        ([{"finish": "because"}], ""),
    ],
)
@pytest.mark.parametrize("form", STREAMS)
def test_a_stream(form: str, faults: JsonValue, words: str) -> None:
    asked = asked_of([{"reply": "one two three", "faults": faults}], form)
    assert describe_trouble(recorded(asked)) == words


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (["malformed_json"], "malformed body"),
        (["truncated_json"], "malformed body"),
        ([{"body": "html"}], "malformed body"),
        ([{"body": "empty"}], "no body"),
        ([{"body": "error"}], "error body"),
        ([{"body": "array"}], "no JSON object"),
        ([{"body": "null"}], "no JSON object"),
        ([{"gzip": "whole"}], ""),
        (["stream_for_json"], "a stream for JSON"),
        ([{"json_for_stream": "application/json"}], ""),
        (["odd_characters"], ""),
        ([], ""),
    ],
)
@pytest.mark.parametrize("form", WHOLE)
def test_a_complete_answer(form: str, faults: JsonValue, words: str) -> None:
    asked = asked_of([{"reply": "one two three", "faults": faults}], form)
    assert describe_trouble(recorded(asked)) == words


BREAKS: list[tuple[int, Ended, str]] = [
    (0, "server_stopped", "server stopped before the body"),
    (1, "client_left", "client left after 1 of {} events"),
    (3, "reset", "reset after 3 of {} events"),
]


@pytest.mark.parametrize(("frames", "ended", "words"), BREAKS, ids=[ended for _, ended, _ in BREAKS])
@pytest.mark.parametrize("form", STREAMS)
def test_a_break_says_where(form: str, frames: int, ended: Ended, words: str) -> None:
    asked = asked_of([{"reply": "one two three"}], form)
    count = len([action for action in asked.actions if isinstance(action, Data)])
    assert describe_trouble(recorded(asked, frames, ended)) == words.format(count)


def test_a_break_that_was_planned_counts_what_came() -> None:
    asked = asked_of([{"reply": "one two three", "faults": [{"close": {"at": 2}}]}], "openai stream")
    assert describe_trouble(recorded(asked, ended="closed")) == "closed after 1 event"


def test_a_break_before_everything_says_so() -> None:
    asked = asked_of([{"reply": "one two three", "faults": [{"reset": {"at": "headers"}}]}], "openai whole")
    assert describe_trouble(recorded(asked, ended="reset")) == "reset before the answer"
    assert describe_trouble(recorded(asked)) == "no answer"


@pytest.mark.parametrize("form", FORMS)
def test_an_error_speaks_for_itself(form: str) -> None:
    assert describe_trouble(recorded(asked_of([{"error": {"status": 503}}], form))) == ""


MODELS: list[tuple[JsonValue, str]] = [
    ({"body": "plain"}, ""),
    ({"body": {"data": []}}, ""),
    ({"body": "{", "headers": {"content-type": "application/json"}}, "malformed body"),
    ({"body": ""}, ""),
]


@pytest.mark.parametrize(("response", "words"), MODELS)
def test_an_answer_that_is_no_conversation_is_malformed_only_if_it_should_be_json(
    response: dict[str, JsonValue], words: str
) -> None:
    turn: JsonValue = {"response": {"status": 200, **response}, "when": {"operation": "models"}}
    asked = asked_of([turn], "openai whole")
    asked.get("/v1/models")
    assert describe_trouble(recorded(asked)) == words
