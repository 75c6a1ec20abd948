"""How a scenario file spells a fault, and what it says of a mistake."""

import re

import pytest
from pydantic import JsonValue

from mockserver.faults import FAULTS
from mockserver.faults.answers import body_of, head_of
from mockserver.faults.compile import compile_fault
from tests.support.fault_answers import FAILURE, bend, effects, healthy


@pytest.mark.parametrize("name", [name for name, row in FAULTS.items() if row.parameters.model_fields == {}])
def test_a_quirk_and_its_bare_name_are_the_same(name: str) -> None:
    assert effects({"quirk": name}) == effects(name) == effects({name: None})


MISTAKES = [
    ("crlff", "no fault is called 'crlff'; did you mean 'crlf'?"),
    ({"stal": {"at": 3}}, "no fault is called 'stal'; did you mean 'stall'?"),
    ({"stall": {"at": 3, "fo": "5s"}}, "stall: no parameter is called 'fo'; did you mean 'for'?"),
    ({"stall": {"at": 3}}, "stall: for: Field required"),
    (
        {"stall": {"at": 3, "for": "soon"}},
        "stall: for: expected a duration such as 300ms, 5s, 2m or 1h (at most 30",
    ),
    ({"reset": {"at": 0}}, "reset: at: expected the number of an event, counted from 1"),
    ({"reset": {"at": True}}, "reset: at: expected the number of an event, counted from 1"),
    ({"reset": {"at": "delta 0"}}, "reset: at: expected the number of a delta, counted from 1"),
    ({"reset": {"at": "mesage_stop"}}, "reset: at: no event is called 'mesage_stop'; did you mean 'message_stop'?"),
    ({"reset": {"at": 2, "after": 5}}, "reset: expected at or after, not both"),
    ({"crlf": 3}, "crlf has no parameters, so name the one you mean"),
    ({"crlf": {"at": 3}}, "crlf: no parameter is called 'at'; it has no parameters"),
    ({"quirk": 3}, "expected the name of a fault, such as {quirk: crlf}"),
    ({"crlf": None, "bom": None}, "expected one fault, such as crlf or {stall: {at: 3, for: 5s}}"),
    ({"drop": "message_strt"}, "drop: events: no event is called 'message_strt'; did you mean 'message_start'?"),
    ({"swap": "headers"}, "swap: expected the number or the kind of an event"),
    (
        {"field_null": {"path": "a", "event": "txt"}},
        "field_null: event: no event is called 'txt'; did you mean 'text'?",
    ),
    ({"gzip": "hole"}, "gzip: how: Input should be 'whole'"),
]


@pytest.mark.parametrize(("wrong", "message"), MISTAKES, ids=[message[:40] for _, message in MISTAKES])
def test_a_mistake_gets_a_message_with_its_remedy(wrong: str | dict[str, JsonValue], message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        compile_fault(wrong)


def test_a_distribution_can_be_the_value_of_the_main_parameter() -> None:
    actions = healthy()["openai stream"]
    named = bend({"stall": {"for": {"uniform": ["1s", "9s"]}}}, actions, "openai stream")
    assert bend({"stall": {"uniform": ["1s", "9s"]}}, actions, "openai stream") == named


def test_null_is_a_value_where_a_header_or_a_reason_can_be_null() -> None:
    whole = healthy()["openai whole"]
    assert "content-type" not in dict(head_of(bend({"content_type": None}, whole, "openai whole")).headers)
    failed = bend({"retry_after": None}, healthy(FAILURE)["openai whole"], "openai whole")
    assert "retry-after" not in dict(head_of(failed).headers)
    assert b'"finish_reason":null' in body_of(bend({"finish": None}, whole, "openai whole"))
    assert bend({"reset": None}, whole, "openai whole") == bend("reset", whole, "openai whole")
