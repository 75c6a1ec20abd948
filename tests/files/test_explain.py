"""`mockserver explain`: its line for each turn, for a JSON body or a curl command."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from pydantic import JsonValue

from mockserver.cli.main import main
from mockserver.core.errors import OperatorError
from mockserver.engine.request import Request
from mockserver.files.explain import explain_lines, read_request
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
    return list(explain_lines(RULES if of == "rules" else NEVER, contract(), sent))


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
    only = "answers only messages and chat, not models"
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
    assert [line.partition(": ")[2] for line in explain_lines(rules, contract(), request())][1:] == expected


def test_a_reply_is_not_promised_to_an_operation_that_takes_no_messages() -> None:
    rules = script("scenario: rules\nturns: [{when: {path: /v1/*}, reply: a}]")
    assert list(explain_lines(rules, contract(), Request("GET", "/v1/models", KEY))) == [
        "No turn of 'rules' names models; the mock gives its default answer.",
        "  turn 1: no; answers only messages and chat, not models",
    ]


# JSON bodies and curl commands

PATHS: list[tuple[dict[str, object], str]] = [
    ({}, MESSAGES),
    ({"system": "x"}, MESSAGES),
    ({"stop_sequences": []}, MESSAGES),
    ({"provider": "anthropic"}, "/v1/chat/completions"),
    ({"stream_options": {}}, CHAT),
    ({"tools": [{"name": "a", "input_schema": {}}]}, MESSAGES),
    ({"tools": [{"type": "function", "function": {"name": "a"}}]}, CHAT),
]


@pytest.mark.parametrize(("fields", "path"), PATHS)
def test_the_route_of_a_body_is_found_from_its_fields(fields: dict[str, object], path: str) -> None:
    text = orjson.dumps(HELLO_BODY | fields).decode()
    result = read_request(f"\n {text} \n", None)
    assert (result.method, result.path, result.body.decode()) == ("POST", path, text)
    assert read_request(text, "/else").path == "/else"


def test_extra_headers_are_added_to_the_request() -> None:
    result = read_request("{}", None, ["X-Team: Red", "x-api-key:sk_mine"])
    assert result.headers == {"x-api-key": "sk_mine", "x-team": "Red"}


BODY = '{"model": "m"}'
CURLS: list[tuple[str, Request]] = [
    (f"curl http://127.0.0.1:8000/v1/messages -d '{BODY}'", Request("POST", MESSAGES, {}, BODY.encode())),
    ("curl localhost:8000/v1/models", Request("GET", "/v1/models", {})),
    ("curl -X PUT https://a.example/v1/messages?x=1", Request("PUT", MESSAGES, {}, query="x=1")),
    (
        "curl -sN --request POST 'http://h/v1/messages' \\\n  -H 'X-API-Key: sk_a' \\\n  --data-raw '{}'",
        Request("POST", MESSAGES, {"x-api-key": "sk_a"}, b"{}"),
    ),
    (
        'curl --json "{}" --header "Authorization: Bearer a:b" http://h/x',
        Request("POST", "/x", {"authorization": "Bearer a:b"}, b"{}"),
    ),
    ("curl http://h", Request("GET", "/", {})),
]


@pytest.mark.parametrize(("text", "result"), CURLS[:3] + CURLS[4:], ids=range(5))
def test_a_curl_command_is_read_as_curl_reads_it(text: str, result: Request) -> None:
    assert read_request(text, None) == result


@pytest.mark.parametrize(
    "text",
    [
        CURLS[3][0],
        "curl -XPOST http://h/v1/messages -H'x-api-key: sk_a' -d'{}'",
        "curl --request=POST --url http://h/v1/messages -H 'x-api-key: sk_a' --data='{}'",
        "curl http://h/v1/messages --compressed -sS -H 'x-api-key: sk_a' -d '{}'",
        "curl -sSXPOST http://h/v1/messages -o /dev/null -H 'x-api-key: sk_a' -Nd'{}' --max-time 3",
    ],
)
def test_the_other_spellings_of_curl_are_read_too(text: str) -> None:
    assert read_request(text, None) == CURLS[3][1]


WRONG: list[tuple[str, tuple[str, ...], str]] = [
    ("hello", (), "the request is neither JSON nor a curl command: "),
    ("", (), "the request is neither JSON nor a curl command: "),
    ("{}", ("no colon",), "'no colon' is not a header; expected 'name: value'"),
    ("curl 'http://h", (), "the curl command cannot be read: No closing quotation"),
    ("curl http://h -d @body.json", (), "the body is in another file; replace @body.json by its content, or pass that"),
    ("curl http://h -sd@body.json", (), "the body is in another file"),
    ("curl -sQ x http://h", (), "unsupported curl option -Q; remove it"),
    ("curl --proxy x http://h", (), "unsupported curl option --proxy; remove it"),
]


@pytest.mark.parametrize(("text", "headers", "message"), WRONG)
def test_what_cannot_be_read_is_one_line(text: str, headers: tuple[str, ...], message: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read_request(text, None, headers)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


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
    yes = list(explain_lines(played, contract(), Request("GET", "/files", {})))
    assert yes == ["Turn 1 of 'test' answers this request.", "  turn 1: yes"]
    [no, why] = explain_lines(played, contract(), Request("GET", "/other", {}))
    assert no == "No turn is tried: the gateway rejects this request with 404."
    assert why.startswith("  No such route: /other.")


def test_the_first_request_of_a_session_finds_nothing_in_the_cache() -> None:
    cached = script("scenario: cached\nturns: [{when: {cache: hit}, reply: a}, {when: {cache: miss}, reply: b}]")
    system: list[JsonValue] = [{"type": "text", "text": "x" * 8_000, "cache_control": {"type": "ephemeral"}}]
    assert list(explain_lines(cached, contract(), request(system=system))) == [
        "Turn 2 of 'cached' answers this messages request.",
        "  turn 1: no; prompt cache is miss; expected hit",
        "  turn 2: yes",
    ]
