"""Errors of pydantic as problems of a file: each with its exact place and message."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mockserver.core.errors import AuthorError
from mockserver.files.loader import check, parse
from mockserver.files.yaml_reader import MAX_PROBLEMS, read

TURN = "scenario: s\nturns:\n  - "
"""The first turn starts in line 3, column 5."""


def refusals(source: str) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        parse(source.encode(), "f")
    return [str(problem) for problem in caught.value.problems]


TYPICAL = [
    (
        TURN + "when: {lats: user}\n    reply: hi\n",
        "f:3:12: turns[0].when.lats: unknown key 'lats'; did you mean 'last'?",
    ),
    (
        TURN + "error: {status: 429}\n    retry_after: 2\n",
        "f:4:5: turns[0].retry_after: 'retry_after' belongs under 'error'",
    ),
    (
        TURN + "reply: hi\n    stop: tool_calls\n",
        "f:4:11: turns[0].stop: unknown value 'tool_calls'; did you mean 'tool_use'?",
    ),
]


@pytest.mark.parametrize(("source", "line"), TYPICAL)
def test_a_typical_mistake_is_one_exact_line(source: str, line: str) -> None:
    assert refusals(source) == [line]


TURN_MISTAKES = [
    # unknown keys
    ("reply: {texxt: hi}", "3:13: turns[0].reply.texxt: unknown key 'texxt'; did you mean 'text'?"),
    ("{reply: hi, when: {foo: 1}}", "3:24: turns[0].when.foo: unknown key 'foo'; "),
    ("last: tool_result\n    reply: hi", "3:5: turns[0].last: 'last' belongs under 'when'"),
    ("reply: [{input: {}}]", "3:14: turns[0].reply[0].input: 'input' belongs under 'tool_use'"),
    ("{reply: hi, when: {times: 2}}", "3:24: turns[0].when.times: 'times' belongs beside 'when', not in it"),
    ("reply: [{text: hi, stop: x}]", "3:24: turns[0].reply[0].stop: 'stop' belongs beside 'reply', not in it"),
    ("{reply: hi, about: x}", "3:17: turns[0].about: 'about' belongs beside 'turns', not in it"),
    (
        "{reply: hi, when: {retry_after: 2}}",
        "3:24: turns[0].when.retry_after: 'retry_after' belongs under 'error', not under 'when'",
    ),
    (
        "reply: [{type: text, text: hi}]",
        "3:14: turns[0].reply[0].type: remove 'type'; the key text, tool_use or thinking already names the block",
    ),
    ("{reply: hi, stop_reason: x}", "3:17: turns[0].stop_reason: unknown key 'stop_reason'; use 'stop'"),
    ("error: {status:429}", "3:13: turns[0].error['status:429']: put a space after the colon: 'status: 429'"),
    # missing and clashing
    ("error: {code: x}", "3:12: turns[0].error: missing key 'status'"),
    ("error: {statsu: 429}", "3:13: turns[0].error.statsu: unknown key 'statsu'; did you mean 'status'?"),
    ("{}", "3:5: turns[0]: expected exactly one of reply, error"),
    ("{reply: hi, error: {status: 500}}", "3:5: turns[0]: expected exactly one of reply, error"),
    ("{reply: hi, when: {text: {}}}", "3:30: turns[0].when.text: expected one of equals, contains, regex"),
    # wrong shapes
    ("hi", "3:5: turns[0]: expected a mapping"),
    ("", "3:4: turns[0]: expected a mapping"),
    (
        "reply: 5",
        "3:12: turns[0].reply: expected a mapping with text, tool_use, thinking, json, refusal or default, not 5",
    ),
    ("reply: [{text: 5}]", "3:20: turns[0].reply[0].text: expected text, not 5; quote it"),
    ("reply: {text: [x]}", "3:19: turns[0].reply.text: expected text, not a list"),
    ("{reply: hi, when: [x]}", "3:23: turns[0].when: expected a mapping"),
    ("{reply: hi, when: {tools: x}}", "3:31: turns[0].when.tools: expected a list, not 'x'"),
    ("{reply: hi, when: {operation: 5}}", "3:35: turns[0].when.operation: expected text, not 5; quote it"),
    ("{reply: hi, when: {model: [a, 5]}}", "3:35: turns[0].when.model[1]: expected text, not 5; quote it"),
    ("{reply: hi, when: {stream: yes}}", "3:32: turns[0].when.stream: expected true or false, not 'yes'; write true"),
    ("error: {status: '429'}", "3:21: turns[0].error.status: expected a whole number, not '429'; remove the quotes"),
    ("error: {status: 429.5}", "3:21: turns[0].error.status: expected a whole number, not 429.5"),
    ("error: {status: true}", "3:21: turns[0].error.status: expected a whole number, not true"),
    ("error: status:429", "3:12: turns[0].error: expected a mapping"),
    ("{reply: hi, faults: [5]}", "3:26: turns[0].faults[0]: expected text or a mapping, not 5"),
    ("{reply: hi, faults: crlf}", "3:25: turns[0].faults: expected a list, not 'crlf'"),
    # wrong values
    ("{reply: hi, when: {last: usr}}", "3:30: turns[0].when.last: unknown value 'usr'; did you mean 'user'?"),
    ("{reply: hi, when: {wire: 5}}", "3:30: turns[0].when.wire: expected anthropic, openai or openai_responses, not 5"),
    ("error: {status: 200}", "3:21: turns[0].error.status: must be at least 400, not 200"),
    ("error: {status: 600}", "3:21: turns[0].error.status: must be at most 599, not 600"),
    ("{reply: hi, times: 0}", "3:24: turns[0].times: expected a whole number from 1, or always"),
    ("{reply: hi, pace: {first: soon}}", "3:31: turns[0].pace.first: expected a duration such as 300ms, 5s, 2m"),
    (
        "reply: {tool_use: {name: a b}}",
        "3:30: turns[0].reply.tool_use.name: expected letters, digits, dashes and underscores, not 'a b'",
    ),
    (
        "reply: {tool_use: {name: ''}}",
        "3:30: turns[0].reply.tool_use.name: shorter than the minimum length of 1",
    ),
]


@pytest.mark.parametrize(("turn", "line"), TURN_MISTAKES, ids=[turn for turn, _ in TURN_MISTAKES])
def test_a_mistake_in_a_turn_is_reported_once(turn: str, line: str) -> None:
    [problem] = refusals(f"{TURN}{turn}\n")
    assert problem.startswith(f"f:{line}")


FILE_MISTAKES = [
    ("5", ["f:1:1: expected a mapping, not 5"]),
    ("{}", ["f:1:1: missing key 'scenario'", "f:1:1: missing key 'turns'"]),
    ("name: x\nturns: [reply: hi]", ["f:1:1: name: unknown key 'name'; use 'scenario'"]),
    ("scenario: s\nturns: []", ["f:2:8: turns: expected at least 1, got 0"]),
    ("scenario: s\nturns: {reply: hi}", ["f:2:8: turns: expected a list, not a mapping"]),
    (
        "scenario: Big\nturns: [reply: hi]\nextra: 1",
        [
            "f:1:11: scenario: expected lower-case letters, digits and dashes, not 'Big'",
            "f:3:1: extra: unknown key 'extra'; ",
        ],
    ),
    ("scenario: s\nturns: [", ["f:2:9: the file ends inside a [ or {; close it"]),
]


@pytest.mark.parametrize(("source", "lines"), FILE_MISTAKES)
def test_all_mistakes_are_reported_in_the_order_of_the_file(source: str, lines: list[str]) -> None:
    problems = refusals(source)
    assert len(problems) == len(lines)
    assert all(problem.startswith(line) for problem, line in zip(problems, lines, strict=True))


@pytest.mark.parametrize("source", ["scenario:foo", TURN + "error: status:429", TURN + "when: last:user"])
def test_a_space_missing_after_a_colon_is_seen(source: str) -> None:
    assert refusals(source)[0].endswith("'; put a space after the colon")


def test_at_most_a_hundred_mistakes_are_reported() -> None:
    assert len(refusals("scenario: s\nturns:\n" + "  - {reply: hi, faults: [1, 2]}\n" * 5000)) == MAX_PROBLEMS


def test_no_message_has_the_words_of_pydantic() -> None:
    for turn, _ in TURN_MISTAKES:
        for problem in refusals(f"{TURN}{turn}\n"):
            assert not any(words in problem for words in ("Value error", "Input should", "Extra inputs", "required"))


# --- Models of other files: unions of every kind ---


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Alpha(Strict):
    kind: Literal["a"] = "a"
    alpha: int


class Beta(Strict):
    kind: Literal["b"] = "b"
    beta: int
    inverse: "list[Root] | None" = Field(None, alias="not")


class Root(Strict):
    either: Alpha | Beta | None = None
    tagged: Annotated[Alpha | Beta, Field(discriminator="kind")] | None = None
    word: Literal["always"] | int | None = None
    nested: list[int | Annotated[list[str] | Alpha, BeforeValidator(lambda value: value)]] = []
    mapped: dict[str, int | Alpha] = {}


Beta.model_rebuild()

UNIONS = [
    ("either: {alpha: q}", "1:17: either.alpha: expected a whole number, not 'q'"),
    ("either: {beta: 1, gama: 2}", "1:19: either.gama: unknown key 'gama'; known: beta, kind, not"),
    ("either: x", "1:9: either: expected a mapping with kind or alpha or a mapping with kind, beta or not, not 'x'"),
    ("tagged: {kind: b, bta: 1}", "1:19: tagged.bta: unknown key 'bta'; did you mean 'beta'?"),
    ("tagged: {kind: c}", "1:9: tagged: unknown 'kind' 'c'; known: 'a', 'b'"),
    ("tagged: {}", "1:9: tagged: missing key 'kind'"),
    ("word: alwys", "1:7: word: unknown value 'alwys'; did you mean 'always'?"),
    ("word: [1]", "1:7: word: expected 'always' or a whole number, not a list"),
    ("nested: [1, [a], {alpha: x}]", "1:26: nested[2].alpha: expected a whole number, not 'x'"),
    ("nested: [[5]]", "1:11: nested[0][0]: expected text, not 5; quote it"),
    (
        "mapped: {Alpha: 1, int: x}",
        "1:25: mapped.int: expected a whole number or a mapping with kind or alpha, not 'x'",
    ),
    ("mapped: {int: {alpha: s}}", "1:23: mapped.int.alpha: expected a whole number, not 's'"),
    (
        "either: {beta: 1, not: [{word: 1}, {wrod: 1}]}",
        "1:37: either.not[1].wrod: unknown key 'wrod'; did you mean 'word",
    ),
]


@pytest.mark.parametrize(("source", "line"), UNIONS)
def test_a_union_is_one_mistake_of_the_branch_that_was_meant(source: str, line: str) -> None:
    with pytest.raises(AuthorError) as caught:
        check(Root, read(source.encode(), "f"))
    [problem] = caught.value.problems
    assert str(problem).startswith(f"f:{line}")
