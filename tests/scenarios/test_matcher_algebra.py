"""`all`, `any` and `not`, and properties of every condition with every request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.engine.request import Request
from mockserver.scenarios.matcher import differences, matches
from mockserver.scenarios.when import MATCHERS, When, compile_when
from tests.support.calls import call_of, difference_texts, problem_texts, request
from tests.support.strategies import CONDITIONS, STATES, requests

HELLO = "last user text is 'Hello'; expected"
STREAM = "request asks for a complete response; expected a stream"

ALGEBRA: list[tuple[str, str | None]] = [
    ("all: [{text: Hello}, {stream: false}]", None),
    ("all: [{text: Hello}, {stream: true}]", STREAM),
    ("all: [{text: a}, {stream: true}]", f"{HELLO} 'a'"),
    ("all: [{}]", None),
    ("any: [{text: a}, {text: Hello}]", None),
    ("any: [{text: a}]", f"`any` failed: {HELLO} 'a'"),
    ("any: [{text: a}, {text: b}]", f"`any` failed: ({HELLO} 'a') and ({HELLO} 'b')"),
    ("any: [{text: a, stream: true}]", f"`any` failed: ({STREAM}) and ({HELLO} 'a')"),
    ("any: [{}]", None),
    ("not: {text: a}", None),
    ("not: {text: Hello, stream: true}", None),
    ("not: {text: Hello}", "`not` failed: the request matches `text`"),
    ("not: {text: Hello, stream: false}", "`not` failed: the request matches `stream` and `text`"),
    ("not: {not: {text: Hello}}", None),
    ("not: {not: {text: a}}", "`not` failed: the request matches `not`"),
    ("not: {any: [{text: a}, {text: b}]}", None),
    ("not: {all: [{text: Hello}, {stream: false}]}", "`not` failed: the request matches `all`"),
    ("any: [{not: {text: Hello}}, {all: [{wire: anthropic}, {any: [{text: Hello}]}]}]", None),
    ("all: [{any: [{text: a}, {not: {stream: true}}]}, {not: {wire: openai}}]", None),
    ("text: Hello\nnot: {stream: true}\nany: [{last: user}]\nall: [{wire: anthropic}]", None),
]


@pytest.mark.parametrize(("condition", "expected"), ALGEBRA, ids=[condition for condition, _ in ALGEBRA])
def test_conditions_are_combined(condition: str, expected: str | None) -> None:
    assert difference_texts(condition, call_of(request())) == ([] if expected is None else [expected])


def test_the_differences_of_all_keys_are_listed_together() -> None:
    texts = difference_texts("text: a\nnot: {stream: false}", call_of(request()))
    assert texts == [f"{HELLO} 'a'", "`not` failed: the request matches `stream`"]


@pytest.mark.parametrize("condition", ["{not: {}}", "{all: [{not: {}}]}", "{not: {any: [{text: a}, {}]}}"])
def test_a_condition_that_can_never_match_is_refused(condition: str) -> None:
    assert problem_texts(f"turns: [{{when: {condition}, reply: x}}]") != []


@pytest.mark.parametrize("key", sorted(MATCHERS))
def test_a_key_without_a_value_is_a_mistake_or_ignored(key: str) -> None:
    try:
        compiled = compile_when(When.model_validate({key.rstrip("_"): None}))
    except ValueError:  # pydantic's own is one
        return
    assert differences(compiled, call_of(request())) == []


# Properties of every condition with every request


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_a_match_is_no_difference(when: When, sent: Request, state: str) -> None:
    compiled, call = compile_when(when), call_of(sent, state)
    assert matches(compiled, call) is (differences(compiled, call) == [])


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_not_is_the_opposite(when: When, sent: Request, state: str) -> None:
    call = call_of(sent, state)
    opposite = compile_when(When.model_validate({"not": when}))
    assert matches(opposite, call) is not matches(compile_when(when), call)


@given(whens=st.lists(CONDITIONS, min_size=1, max_size=4), sent=requests(), state=STATES)
def test_all_and_any_mean_all_and_any(whens: list[When], sent: Request, state: str) -> None:
    call = call_of(sent, state)
    each = [matches(compile_when(when), call) for when in whens]
    assert matches(compile_when(When.model_validate({"all": whens})), call) is all(each)
    assert matches(compile_when(When.model_validate({"any": whens})), call) is any(each)


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_every_difference_is_one_line(when: When, sent: Request, state: str) -> None:
    for difference in differences(compile_when(when), call_of(sent, state)):
        assert difference.subject
        assert "\n" not in str(difference)


PATTERNS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(pattern=PATTERNS, text=st.text(max_size=20))
def test_any_pattern_is_compiled_or_refused_with_our_message(pattern: str, text: str) -> None:
    try:
        compiled = compile_when(When.model_validate({"text": {"regex": pattern}}))
    except ValueError:
        return
    call = call_of(request(messages=[{"role": "user", "content": "x" + text}]))
    assert len(differences(compiled, call)) in (0, 1)


@given(pointer=st.text(max_size=12), value=st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5)))
def test_any_pointer_is_followed_or_refused_with_our_message(pointer: str, value: object) -> None:
    try:
        compiled = compile_when(When.model_validate({"body": {pointer: value}}))
    except ValueError:
        return
    assert isinstance(differences(compiled, call_of(request())), list)


@given(expected=st.text(max_size=5), sent=st.text(max_size=5))
def test_a_key_is_never_printed_whole(expected: str, sent: str) -> None:
    """Only the first three and last two characters of a sent key are printed, and none of the expected one."""
    key = f"sk_{sent.encode().hex()}0123456789"
    for line in difference_texts(f"key: {expected.encode().hex()}x", call_of(request(headers={"x-api-key": key}))):
        assert key not in line
        assert expected == "" or f"{expected.encode().hex()}x" not in line
