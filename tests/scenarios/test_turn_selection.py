"""Turn selection: which turn answers, what the session remembers, and the message when no turn matches."""

import pytest
from pydantic import JsonValue

from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import Refusal
from mockserver.engine.request import Request
from mockserver.scenarios.script import Script
from mockserver.scenarios.turn_selection import NoTurnMatched, is_used_up, select_turn
from tests.support.calls import call_of, compile_yaml, request
from tests.support.engine import KEY, MESSAGES, Talk, script

PLAYED_TWICE = "already played 2 of 2 times"


def played(text: str) -> Script:
    return script(f"scenario: test\n{text}")


def turns_of(text: str, words: str) -> list[str]:
    """Return the turn that answers each word: its number, the code of an error, or - for the default answer."""
    talk, seen = Talk(played(text)), list[str]()
    for word in words.split():
        answer = talk.say(messages=[{"role": "user", "content": word}])
        if answer.status == 404:
            seen.append(str(answer.json["code"]))
        else:
            seen.append(answer.headers.get("x-mock-turn", "-").removeprefix("test/"))
    return seen


MISS = "no_turn_matched"
CASES: list[tuple[str, str, str, list[str]]] = [
    ("a turn is played once", "turns: [{reply: x}]", "a a", ["1", MISS]),
    ("as often as it says", "turns: [{reply: x, times: 2}, {reply: y}]", "a a a a", ["1", "1", "2", MISS]),
    ("or always", "turns: [{reply: x, times: always}]", "a a a", ["1", "1", "1"]),
    (
        "a turn that matches goes before one that would be played sooner otherwise",
        "turns: [{when: {text: b}, reply: x}, {reply: y, times: 2}]",
        "a b a",
        ["2", "1", "2"],
    ),
    (
        "a turn in the middle may be used up first",
        "turns: [{when: {text: a}, reply: x}, {when: {text: b}, reply: y}, {when: {text: a}, reply: z}]",
        "b a a b",
        ["2", "1", "3", MISS],
    ),
    ("after: fail", "after: fail\nturns: [{reply: x}]", "a a a", ["1", MISS, MISS]),
    ("after: repeat", "after: repeat\nturns: [{reply: x}, {reply: y}]", "a a a a", ["1", "2", "2", "2"]),
    (
        "after: repeat takes the last turn that matches",
        "after: repeat\nturns: [{when: {text: a}, reply: x}, {when: {text: b}, reply: y}]",
        "a b a b b c",
        ["1", "2", "1", "2", "2", MISS],
    ),
    (
        "after: repeat waits until every turn is used up",
        "after: repeat\nturns: [{when: {text: a}, reply: x}, {when: {text: b}, reply: y}]",
        "a a b a",
        ["1", MISS, "2", "1"],
    ),
    ("after: restart", "after: restart\nturns: [{reply: x}, {reply: y}]", "a a a a a", ["1", "2", "1", "2", "1"]),
    ("after: restart with plays", "after: restart\nturns: [{reply: x, times: 2}]", "a a a a", ["1", "1", "1", "1"]),
    (
        "after: restart, and nothing matches",
        "after: restart\nturns: [{when: {text: a}, reply: x}]",
        "a b a",
        ["1", MISS, "1"],
    ),
    ("after: default", "after: default\nturns: [{reply: x}]", "a a a", ["1", "-", "-"]),
    (
        "after: default does not help while a turn is left",
        "after: default\nturns: [{when: {text: a}, reply: x}]",
        "b a b",
        [MISS, "1", "-"],
    ),
    (
        "a state is reached by then, and asked for",
        "turns: [{when: {state: asked}, reply: x}, {when: {text: a}, reply: y, then: asked}]",
        "b a b b",
        [MISS, "2", "1", MISS],
    ),
    (
        "a turn without then leaves the state as it is",
        "turns: [{reply: x, then: s}, {reply: y}, {when: {state: s}, reply: z}]",
        "a a a",
        ["1", "2", "3"],
    ),
    (
        "an error leads to a state as a reply does",
        "turns: [{error: {status: 500}, then: s}, {when: {state: s}, reply: z}]",
        "a a",
        ["1", "2"],
    ),
]


@pytest.mark.parametrize(("text", "words", "turns"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_the_turns_that_answer(text: str, words: str, turns: list[str]) -> None:
    assert turns_of(text, words) == turns


def test_a_script_that_restarts_begins_in_the_state_start() -> None:
    text = "after: restart\nturns: [{when: {state: start}, reply: x, then: s}, {when: {state: s}, reply: y}]"
    assert turns_of(text, "a a a a") == ["1", "2", "1", "2"]


@pytest.mark.parametrize(
    ("after", "turns"), [("repeat", ["1", "1", "1"]), ("restart", ["1", "1", "1"]), ("default", ["1", "-", "-"])]
)
def test_rules_for_other_operations_do_not_keep_a_script_from_being_used_up(after: str, turns: list[str]) -> None:
    rule = "{when: {operation: models}, response: {body: []}, times: always}"
    assert turns_of(f"after: {after}\nturns: [{{reply: x}}, {rule}]", "a a a") == turns


# What a session remembers

THREE = played("turns: [{reply: a, times: 2}, {when: {text: b}, reply: b}, {reply: c}]")
HELLO_CALL = call_of(request())
B_CALL = call_of(request(messages=[{"role": "user", "content": "b"}]))


def after(script: Script, *calls: object) -> Progress:
    """Return the progress of a new session after these calls: h says Hello, b says b."""
    session = Session("test")
    for call in calls:
        selected = select_turn(
            script, session.progress_of(script.name, script.edition), B_CALL if call == "b" else HELLO_CALL, session
        )
        assert selected is not None
        session = selected[1]
    return session.progress_of(script.name, script.edition)


@pytest.mark.parametrize(
    ("calls", "hits", "used_up"),
    [
        ("", {}, 0),
        ("h", {1: 1}, 0),
        ("hh", {1: 2}, 1),
        ("hhh", {1: 2, 3: 1}, 1),
        ("hhbh", {1: 2, 2: 1, 3: 1}, 3),
        ("hhb", {1: 2, 2: 1}, 2),
    ],
)
def test_plays_are_counted_and_used_up_turns_at_the_start_are_skipped(
    calls: str, hits: dict[int, int], used_up: int
) -> None:
    progress = after(THREE, *calls)
    assert (progress.hits, progress.used_up, progress.edition) == (hits, used_up, THREE.edition)
    assert is_used_up(THREE, progress) is (used_up == 3)


def test_a_refused_request_leaves_the_progress_as_it_was() -> None:
    talk = Talk(played("turns: [{when: {text: a}, reply: x}]"))
    before = talk.session.progress
    assert (talk.say().status, talk.session.progress) == (404, before)


# Operations


def test_a_turn_that_names_no_operation_is_not_used_up_by_other_operations() -> None:
    talk = Talk(played("turns: [{reply: x}]"))
    assert [talk.get("/v1/models").status, talk.get("/v1/models").headers.get("x-mock-turn")] == [200, None]
    counted = talk.post("/v1/messages/count_tokens", {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert "x-mock-turn" not in counted.headers
    assert talk.say().headers["x-mock-turn"] == "test/1"


GATES: list[tuple[str, bool]] = [
    ("{operation: models}", True),
    ("{path: /v1/mod*}", True),
    ("{any: [{operation: models}, {text: a}]}", True),
    ("{all: [{path: '*'}]}", True),
    ("{}", False),
    ("{key: sk_test}", False),
    ("{not: {operation: messages}}", False),
    ("{headers: {x-api-key: sk_test}}", False),
]


@pytest.mark.parametrize(("when", "answers"), GATES)
def test_only_a_turn_that_names_an_operation_or_path_answers_other_operations(when: str, answers: bool) -> None:
    talk = Talk(played(f"turns: [{{when: {when}, response: {{body: []}}, times: always}}]"))
    assert ("x-mock-turn" in talk.get("/v1/models").headers) is answers


@pytest.mark.parametrize("when", ["{path: /v1/*}", "{any: [{operation: messages}, {key: sk_test}]}"])
@pytest.mark.parametrize("sent", [Request("GET", "/v1/models", KEY)])
def test_a_reply_never_answers_an_operation_that_takes_no_messages(when: str, sent: Request) -> None:
    talk = Talk(played(f"turns: [{{when: {when}, reply: x, times: always}}]"))
    assert "x-mock-turn" not in talk.send(sent).headers
    assert talk.say().text == "x"


def test_a_reply_never_answers_a_count_of_tokens() -> None:
    talk = Talk(played("turns: [{when: {path: /v1/*}, reply: x, times: always}]"))
    body: dict[str, JsonValue] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert list(talk.post(f"{MESSAGES}/count_tokens", body).json) == ["input_tokens"]


# Near misses


def test_near_misses_are_listed_nearest_first_and_equal_ones_in_the_order_of_the_file() -> None:
    text = """turns:
      - {when: {text: a, stream: true, model: x}, reply: x}
      - {when: {stream: true}, reply: x}
      - {when: {text: a, stream: true}, reply: x}
      - {when: {wire: openai}, reply: x}
    """
    with pytest.raises(NoTurnMatched) as missed:
        select_turn(played(text), Progress(), HELLO_CALL, Session("s", "7"))
    assert [line.partition(":")[0] for line in missed.value.misses] == ["Turn 2", "Turn 4", "Turn 3", "Turn 1"]
    assert missed.value.misses[0] == "Turn 2: request asks for a complete response; expected a stream"
    message = missed.value.failure.message
    assert message.endswith(
        "Turn 3: (request asks for a complete response; expected a stream) and "
        "(last user text is 'Hello'; expected 'a'). 1 more turn does not match. (session s, seed 7)"
    )


def test_a_turn_that_is_used_up_says_so_before_its_differences() -> None:
    script = played("turns: [{when: {text: Hello}, reply: x, times: 2}, {when: {text: never}, reply: y}]")
    progress = after(script, "h", "h")
    with pytest.raises(NoTurnMatched) as missed:
        select_turn(script, progress, B_CALL, Session("s"))
    [first, second] = missed.value.misses
    assert first.startswith("Turn 2: last user text is 'b'")
    assert second.startswith(f"Turn 1: ({PLAYED_TWICE}) and (last user text is 'b'")


def test_a_miss_is_a_refusal_404() -> None:
    with pytest.raises(Refusal) as refused:
        select_turn(played("turns: [{when: {text: a}, reply: x}]"), Progress(), HELLO_CALL, Session("s"))
    assert (refused.value.failure.status, refused.value.failure.code) == (404, MISS)


# Editions


def test_a_changed_file_begins_anew_and_an_unchanged_one_goes_on() -> None:
    first, same, changed = (
        played(f"turns: [{{reply: {word}}}]{more}") for word, more in [("a", ""), ("a", "  # x"), ("b", "")]
    )
    session = Session("test")
    selected = select_turn(first, session.progress_of("test", first.edition), HELLO_CALL, session)
    assert selected is not None
    assert first.edition == same.edition != changed.edition
    assert selected[1].progress_of("test", same.edition).hits == {1: 1}
    assert selected[1].progress_of("test", changed.edition) == Progress(edition=changed.edition)


def test_the_edition_depends_on_every_part_of_the_file() -> None:
    texts = [
        "turns: [{reply: a}]",
        "seed: 1\nturns: [{reply: a}]",
        "turns: [{reply: a, times: 2}]",
        "turns: [{reply: b}]",
    ]
    assert len({compile_yaml(text)[0].edition for text in texts}) == 4
