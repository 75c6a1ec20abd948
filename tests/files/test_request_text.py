"""The request in a JSON body or a curl command."""

import orjson
import pytest

from mockserver.core.errors import OperatorError
from mockserver.engine.request import Request
from mockserver.files.request_text import read_request
from tests.support.engine import CHAT, HELLO, MESSAGES

HELLO_BODY = {"model": "m", "max_tokens": 9, "messages": HELLO}

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
