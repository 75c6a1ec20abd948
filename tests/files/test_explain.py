"""`mockserver explain`: which turn answers, and why each other turn does not, for people and for programs."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from pydantic import JsonValue

from mockserver.cli.main import main
from mockserver.engine.request import Request
from mockserver.files.explain import explain_request
from tests.support.calls import request
from tests.support.engine import CHAT, HELLO, KEY, MESSAGES, contract, script

RULES = script(
    """scenario: rules
turns:
  - {when: {text: never}, reply: a}
  - {when: {stream: true, model: gpt-*}, reply: b}
  - {when: {last: user}, reply: c, times: 2}
  - {reply: d}
  - {when: {operation: models}, response: {body: []}}
"""
)
NEVER = script("scenario: never\nturns: [{when: {text: never}, reply: a}]")
HELLO_BODY = {"model": "m", "max_tokens": 9, "messages": HELLO}


def lines(sent: Request, of: str = "rules") -> list[str]:
    return explain_request(RULES if of == "rules" else NEVER, contract(), sent).lines


def test_the_turn_that_answers_comes_first_then_a_line_for_each_turn() -> None:
    assert lines(request()) == [
        "Turn 3 of 'rules' answers this messages request.",
        "  turn 1: no; last user text is 'Hello'; expected 'never'",
        "  turn 2: no; (model is 'test-model'; expected gpt-*) and (request asks for a complete response; "
        "expected a stream)",
        "  turn 3: yes",
        "  turn 4: also matches; answers when turn 3 is used up",
        "  turn 5: no; operation is messages; expected models",
    ]


def test_a_turn_that_cannot_answer_the_operation_says_only_that() -> None:
    only = "operation is models; expected one that takes messages"
    assert lines(Request("GET", "/v1/models", KEY)) == [
        "Turn 5 of 'rules' answers this models request.",
        *[f"  turn {number}: no; {only}" for number in (1, 2, 3, 4)],
        "  turn 5: yes",
    ]


HEADS: list[tuple[str, Request, str]] = [
    ("rules", request(CHAT), "Turn 3 of 'rules' answers this chat request."),
    ("never", request(), "No turn of 'never' matches this messages request; the answer is a 404."),
    (
        "never",
        Request("GET", "/v1/models", KEY),
        "No turn of 'never' names models; the mock gives its default answer.",
    ),
    ("rules", Request("POST", MESSAGES, KEY, b"{}"), "No turn is tried: the gateway rejects this request with 400."),
    ("rules", Request("POST", MESSAGES, KEY, b"{"), "No turn is tried: the gateway rejects this request with 400."),
    ("rules", Request("POST", "/v1/mesages", KEY), "No turn is tried: the gateway rejects this request with 404."),
    ("rules", Request("PUT", MESSAGES, KEY), "No turn is tried: the gateway rejects this request with 405."),
]


@pytest.mark.parametrize(("of", "sent", "head"), HEADS, ids=[row[2] for row in HEADS])
def test_the_first_line_says_what_happens(of: str, sent: Request, head: str) -> None:
    assert lines(sent, of)[0] == head


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "sk-ant-x"}])
def test_a_request_without_a_good_key_is_refused_here_too(headers: dict[str, str]) -> None:
    assert lines(request(headers=headers))[0] == "No turn is tried: the gateway rejects this request with 401."


BEHIND: list[tuple[str, list[str]]] = [
    (
        "{when: {last: user}, reply: a, times: always}, {reply: b}",
        ["yes", "also matches, but never answers this request: turn 1 always does"],
    ),
    (
        "{when: {last: user}, reply: a}, {when: {stream: false}, reply: b, times: always}, {reply: c}",
        [
            "yes",
            "also matches; answers when turn 1 is used up",
            "also matches, but never answers this request: turn 2 always does",
        ],
    ),
    (
        "{reply: a}, {reply: b}, {reply: c}",
        ["yes", "also matches; answers when turn 1 is used up", "also matches; answers when turns 1 and 2 are used up"],
    ),
    (
        "{when: {state: start}, reply: a, then: s, times: always}, {reply: b}",
        ["yes", "also matches; answers when turn 1 no longer matches"],
    ),
]


@pytest.mark.parametrize(("turns", "expected"), BEHIND)
def test_a_later_turn_that_matches_says_when_it_answers(turns: str, expected: list[str]) -> None:
    rules = script(f"scenario: rules\nturns: [{turns}]")
    assert [line.partition(": ")[2] for line in explain_request(rules, contract(), request()).lines][1:] == expected


def test_a_reply_is_not_promised_to_an_operation_that_takes_no_messages() -> None:
    rules = script("scenario: rules\nturns: [{when: {path: /v1/*}, reply: a}]")
    assert explain_request(rules, contract(), Request("GET", "/v1/models", KEY)).lines == [
        "No turn of 'rules' names models; the mock gives its default answer.",
        "  turn 1: no; operation is models; expected one that takes messages",
    ]


# For programs


def test_programs_get_each_turn_with_its_differences_and_its_place() -> None:
    explained = explain_request(RULES, contract(), request())
    assert (explained.answer, explained.turn, explained.operation, explained.status) == ("turn", 3, "messages", None)
    assert [(turn.turn, turn.matches, turn.answers, turn.behind) for turn in explained.turns] == [
        (1, False, None, []),
        (2, False, None, []),
        (3, True, "now", []),
        (4, True, "later", [3]),
        (5, False, None, []),
    ]
    assert [difference.model_dump() for difference in explained.turns[1].differences] == [
        {
            "subject": "model",
            "actual": "test-model",
            "expected": "gpt-*",
            "text": "model is 'test-model'; expected gpt-*",
        },
        {
            "subject": "request",
            "actual": "a complete response",
            "expected": "a stream",
            "text": "request asks for a complete response; expected a stream",
        },
    ]


OUTCOMES: list[tuple[str, Request, dict[str, object]]] = [
    ("never", request(), {"answer": "no turn", "operation": "messages", "status": 404}),
    ("never", Request("GET", "/v1/models", KEY), {"answer": "default", "operation": "models", "status": None}),
    ("rules", Request("POST", MESSAGES, KEY, b"{}"), {"answer": "refusal", "operation": None, "status": 400}),
]


@pytest.mark.parametrize(("of", "sent", "outcome"), OUTCOMES, ids=[str(row[2]["answer"]) for row in OUTCOMES])
def test_programs_are_told_what_answers_where_no_turn_does(of: str, sent: Request, outcome: dict[str, object]) -> None:
    explained = explain_request(RULES if of == "rules" else NEVER, contract(), sent).model_dump()
    assert {"turn": None, **outcome}.items() <= explained.items()


def test_a_turn_that_another_hides_names_it() -> None:
    hidden = script("scenario: rules\nturns: [{when: {last: user}, reply: a, times: always}, {reply: b}]")
    last = explain_request(hidden, contract(), request()).turns[-1]
    assert (last.matches, last.answers, last.behind) == (True, "never", [1])


# The command


def run(folder: Path, text: str, *more: str, stdin: str | None = None) -> Result:
    (folder / "s.yaml").write_text(text)
    (folder / "request.json").write_text(orjson.dumps(HELLO_BODY).decode())
    source = "-" if stdin is not None else str(folder / "request.json")
    return CliRunner().invoke(main, ["explain", str(folder / "s.yaml"), "--request", source, *more], input=stdin)


FILE = "scenario: s\nturns: [{when: {headers: {x-team: red}}, reply: a}, {reply: b}]\n"


@pytest.mark.parametrize(("more", "turn"), [((), 2), (("--header", "X-Team: red"), 1), (("--path", CHAT), 2)])
def test_the_command_prints_which_turn_answers(tmp_path: Path, more: tuple[str, ...], turn: int) -> None:
    result = run(tmp_path, FILE, *more)
    name = "chat" if CHAT in more else "messages"
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, f"Turn {turn} of 's' answers this {name} request.")


def test_the_command_reads_a_request_from_standard_input(tmp_path: Path) -> None:
    result = run(tmp_path, FILE, stdin="curl http://h/v1/models -H 'x-api-key: sk_a'")
    assert result.stdout.startswith("No turn of 's' names models; the mock gives its default answer.")


def test_the_command_prints_json_with_the_same_lines(tmp_path: Path) -> None:
    explained = orjson.loads(run(tmp_path, FILE, "--json").stdout)
    assert (explained["scenario"], explained["turn"], explained["turns"][0]["matches"]) == ("s", 2, False)
    assert explained["lines"] == run(tmp_path, FILE).stdout.splitlines()


def test_the_command_reports_the_mistakes_of_the_file(tmp_path: Path) -> None:
    result = run(tmp_path, "scenario: s\nturns: [{repply: a}]\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'reply'?" in result.stderr


def test_the_command_reports_a_missing_request_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(FILE)
    result = CliRunner().invoke(main, ["explain", str(tmp_path / "s.yaml"), "--request", str(tmp_path / "none")])
    assert (result.exit_code, result.stderr.startswith(f"mockserver: {tmp_path / 'none'}: cannot be read:")) == (
        2,
        True,
    )


def test_a_path_that_is_no_operation_is_explained_where_a_turn_names_it() -> None:
    turn = "{when: {method: GET, path: /files}, response: {body: a}, times: always}"
    played = script(f"scenario: test\nturns: [{turn}]\n")
    yes = explain_request(played, contract(), Request("GET", "/files", {})).lines
    assert yes == ["Turn 1 of 'test' answers this request.", "  turn 1: yes"]
    [no, why] = explain_request(played, contract(), Request("GET", "/other", {})).lines
    assert no == "No turn is tried: the gateway rejects this request with 404."
    assert why.startswith("  No such route: /other.")


def test_the_first_request_of_a_session_finds_nothing_in_the_cache() -> None:
    cached = script("scenario: cached\nturns: [{when: {cache: hit}, reply: a}, {when: {cache: miss}, reply: b}]")
    system: list[JsonValue] = [{"type": "text", "text": "x" * 8_000, "cache_control": {"type": "ephemeral"}}]
    assert explain_request(cached, contract(), request(system=system)).lines == [
        "Turn 2 of 'cached' answers this messages request.",
        "  turn 1: no; prompt cache is miss; expected hit",
        "  turn 2: yes",
    ]
