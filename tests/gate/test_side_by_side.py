"""`contract A --against B`: the same questions to two gateways, and where their answers differ by promise and field."""

import json
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.gate.side_by_side import reports
from mockserver.gate.side_by_side.comparison import AnsweredTwice, SideBySide, compare
from mockserver.gate.side_by_side.run import SecondGateway, TwinSender, translator
from tests.gate.support import CHAT, MESSAGES, NOW, command, document, reference_gateway

ASKED = {"model": "qwen-7b", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "qwen-7b",
    "content": [{"type": "text", "text": "Hi."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def answer(body: Any, status: int = 200, **headers: str) -> ReceivedResponse:
    """Return a whole answer, or with bytes a stream."""
    kind = "text/event-stream" if isinstance(body, bytes) else "application/json"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return ReceivedResponse(status, tuple(fields.items()), raw)


def compared(first: ReceivedResponse, second: ReceivedResponse, path: str = MESSAGES) -> SideBySide:
    """Compare two answers to one request."""
    request = SentRequest("POST", path, {"x-api-key": "sk_a"}, json.dumps(ASKED).encode())
    return compare(("http://a", "http://b"), [AnsweredTwice(request, (first, second), NOW)], document())


def told(found: SideBySide) -> set[tuple[str, str, str, str]]:
    """Return the differences: promise, field, and what each of the two has."""
    return {(each.promise, each.field, each.first, each.second) for each in found.differences}


def events(*values: Any) -> bytes:
    """Return a stream of the OpenAI wire."""
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values) + b"data: [DONE]\n\n"


def chunk(**delta: Any) -> dict[str, Any]:
    """Return a chunk."""
    reason = delta.pop("finish_reason", None)
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion.chunk", "created": NOW, "model": "qwen-7b", "choices": [choice]}


def test_other_words_ids_and_counts_are_no_difference() -> None:
    other = MESSAGE | {
        "id": "msg_2",
        "content": [{"type": "text", "text": "Well."}],
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    found = compared(answer(MESSAGE), answer(other))
    assert (told(found), found.same, found.exit_code) == (set(), 1, 0)


@pytest.mark.parametrize(
    ("second", "difference"),
    [
        (answer({}, 400), ("known-status", "status", "200", "400")),
        (
            answer(MESSAGE | {"stop_reason": "max_tokens"}),
            ("stop-matches-content", "stop reason", "end_turn", "max_tokens"),
        ),
        (answer(MESSAGE | {"stop_sequence": "x"}), ("body-schema", "stop_sequence", "null", "text")),
        (answer(MESSAGE | {"extra": {"a": 1}}), ("body-schema", "extra", "nothing", "an object")),
        (answer(MESSAGE | {"model": "other"}), ("model-echoed", "promise", "kept", "broken")),
        (answer(MESSAGE, location="/x"), ("header-schema", "location", "none", "there")),
        (answer(events(chunk())), ("known-media-type", "content-type", "application/json", "text/event-stream")),
    ],
)
def test_a_difference_is_told_by_promise_and_field(
    second: ReceivedResponse, difference: tuple[str, str, str, str]
) -> None:
    found = compared(answer(MESSAGE), second)
    assert told(found) == {difference}
    assert found.exit_code == 1


def test_the_order_of_events_is_compared() -> None:
    end = chunk(finish_reason="stop")
    first = events(chunk(role="assistant"), chunk(content="H"), chunk(content="i"), end)
    second = events(chunk(role="assistant", content="Hi"), end)
    order = ("chat-finish", "order of events")
    words = "role → content → finish_reason → [DONE]", "role and content → finish_reason → [DONE]"
    assert (*order, *words) in told(compared(answer(first), answer(second), CHAT))


def test_what_lies_within_a_missing_field_is_told_once() -> None:
    body = MESSAGE | {"extra": {"a": {"b": [1, {"c": 2}]}}}
    assert {field for _, field, _, _ in told(compared(answer(body), answer(MESSAGE)))} == {"extra"}


@pytest.mark.parametrize("status", [0, 429, 503])
def test_what_says_something_of_the_moment_is_not_compared(status: int) -> None:
    found = compared(answer(MESSAGE), answer({}, status))
    assert (told(found), found.skipped, found.exit_code) == (set(), 1, 3)


def test_a_route_that_the_contract_does_not_have_is_left_out() -> None:
    assert compared(answer({}), answer({}, 404), "/elsewhere").asked == 0


def test_the_second_gateway_gets_its_own_key_path_and_model() -> None:
    sent: list[SentRequest] = []

    def second(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        sent.append(request)
        return answer(MESSAGE)

    translate = translator("sk_a", SecondGateway("http://b", "sk_b", "small"), {"/messages": "/anthropic/v1/messages"})
    twin = TwinSender(second, second, translate)
    twin(SentRequest("POST", MESSAGES, {"authorization": "Bearer sk_a"}, json.dumps(ASKED).encode()))
    assert sent[1].path == "/anthropic/v1/messages"
    assert sent[1].headers == {"authorization": "Bearer sk_b"}
    assert sent[1].json == ASKED | {"model": "small"}
    assert [pair.answers[0].status for pair in twin.pairs] == [200]


def test_the_reports_name_the_difference() -> None:
    found = compared(answer(MESSAGE), answer(MESSAGE | {"stop_reason": "max_tokens"}))
    text = "\n".join(reports.lines(found))
    assert "messages 200, stop reason: A end_turn, B max_tokens" in text
    assert "B differs from A in 1 way, 1 promise: 0 of 1 answers alike." in text
    value = json.loads(reports.as_json(found))
    assert value["differences"][0]["field"] == "stop reason"
    assert "sk_a" not in json.dumps(value)
    assert [case.get("name") for case in Xml.fromstring(reports.as_junit(found))] == [
        "stop-matches-content",
        "comparison",
    ]


def test_an_early_end_is_unfinished() -> None:
    found = SideBySide(("http://a", "http://b"), asked=1, same=1, stopped="Ctrl-C")
    assert found.exit_code == 3
    assert next(iter(reports.lines(found))) == "Stopped early: Ctrl-C"
    assert b"<error" in reports.as_junit(found)


def test_a_gateway_beside_itself_is_the_same() -> None:
    with reference_gateway() as (url, _), reference_gateway() as (other, _):
        for dialect in ((), ("--dialect", "both")):
            done = command(url, "--against", other, "--only", "framing", "--profile", "smoke", "--quiet", *dialect)
            assert done.exit_code == 0, done.output
            assert "B answers as A does" in done.output


def test_a_remote_second_gateway_needs_a_key() -> None:
    done = command("http://127.0.0.1:1", "--against", "https://gateway.example", "--quiet")
    assert (done.exit_code, "give --against-key KEY" in done.output) == (2, True)
