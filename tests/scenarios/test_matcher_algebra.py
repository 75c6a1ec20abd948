"""all, any and not; conditions inside conditions; and what holds for every condition and every request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.engine.request import Request
from mockserver.scenarios.matcher import differences, matches
from mockserver.scenarios.when import MATCHERS, When, compile_when
from tests.support.calls import called, complaints, request, told
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


@pytest.mark.parametrize(("wanted", "words"), ALGEBRA, ids=[wanted for wanted, _ in ALGEBRA])
def test_conditions_are_combined(wanted: str, words: str | None) -> None:
    assert told(wanted, called(request())) == ([] if words is None else [words])


def test_a_whole_when_and_its_algebra_are_told_together() -> None:
    words = told("text: a\nnot: {stream: false}", called(request()))
    assert words == [f"{HELLO} 'a'", "`not` failed: the request matches `stream`"]


@pytest.mark.parametrize("wanted", ["{not: {}}", "{all: [{not: {}}]}", "{not: {any: [{text: a}, {}]}}"])
def test_a_condition_that_can_never_hold_is_refused(wanted: str) -> None:
    assert complaints(f"turns: [{{when: {wanted}, reply: x}}]") != []


@pytest.mark.parametrize("key", sorted(MATCHERS))
def test_a_key_without_a_value_is_nothing_or_a_mistake(key: str) -> None:
    try:
        found = compile_when(When.model_validate({key.rstrip("_"): None}))
    except ValueError:  # pydantic's own is one
        return
    assert differences(found, called(request())) == []


# Whatever is asked of whatever comes


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_a_match_is_no_difference(when: When, sent: Request, state: str) -> None:
    found, call = compile_when(when), called(sent, state)
    assert matches(found, call) is (differences(found, call) == [])


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_not_is_the_opposite(when: When, sent: Request, state: str) -> None:
    call = called(sent, state)
    opposite = compile_when(When.model_validate({"not": when}))
    assert matches(opposite, call) is not matches(compile_when(when), call)


@given(whens=st.lists(CONDITIONS, min_size=1, max_size=4), sent=requests(), state=STATES)
def test_all_and_any_are_what_they_say(whens: list[When], sent: Request, state: str) -> None:
    call = called(sent, state)
    each = [matches(compile_when(when), call) for when in whens]
    assert matches(compile_when(When.model_validate({"all": whens})), call) is all(each)
    assert matches(compile_when(When.model_validate({"any": whens})), call) is any(each)


@given(when=CONDITIONS, sent=requests(), state=STATES)
def test_every_difference_has_words(when: When, sent: Request, state: str) -> None:
    for difference in differences(compile_when(when), called(sent, state)):
        assert difference.subject
        assert "\n" not in str(difference)


PATTERNS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(pattern=PATTERNS, text=st.text(max_size=20))
def test_any_pattern_is_compiled_or_refused_with_our_words(pattern: str, text: str) -> None:
    try:
        found = compile_when(When.model_validate({"text": {"regex": pattern}}))
    except ValueError:
        return
    call = called(request(messages=[{"role": "user", "content": "x" + text}]))
    assert len(differences(found, call)) in (0, 1)


@given(pointer=st.text(max_size=12), value=st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5)))
def test_any_pointer_is_followed_or_refused_with_our_words(pointer: str, value: object) -> None:
    try:
        found = compile_when(When.model_validate({"body": {pointer: value}}))
    except ValueError:
        return
    assert isinstance(differences(found, called(request())), list)


@given(wanted=st.text(max_size=5), sent=st.text(max_size=5))
def test_a_key_never_comes_back_whole(wanted: str, sent: str) -> None:
    """What a client sent, or a file wants, can be told only by its first three and last two characters."""
    key = f"sk_{sent.encode().hex()}0123456789"
    for line in told(f"key: {wanted.encode().hex()}x", called(request(headers={"x-api-key": key}))):
        assert key not in line
        assert wanted == "" or f"{wanted.encode().hex()}x" not in line
