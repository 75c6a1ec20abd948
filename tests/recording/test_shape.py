"""Conditions: the least that tells the requests of a recording apart."""

import pytest
from pydantic import JsonValue

from mockserver.recording.shape import Shapes
from tests.support.calls import call_of
from tests.support.recordings import ask, said

LONG = "Please read this letter and tell me what it wants.\nDear Sir or Madam, " + "and so on, " * 20
TOOL: JsonValue = {"name": "search", "input_schema": {"type": "object"}}


def history(*texts: str) -> list[JsonValue]:
    """Return a conversation in which user and assistant take turns."""
    return [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]


def result(text: str) -> list[JsonValue]:
    """Return a conversation that ends with a tool result."""
    call: JsonValue = {"type": "tool_use", "id": "t1", "name": "search", "input": {}}
    return [
        *said("Search."),
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": text}]},
    ]


def conditions(*bodies: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """Return the condition of each request of a recording."""
    requests = [ask("anthropic", body.pop("messages"), **body) for body in bodies]  # type: ignore[arg-type] # as above
    shapes = Shapes([call_of(request) for request in requests], lambda text: text.replace("sesame", "{{secret.1}}"))
    return [shapes.condition(number) for number in range(len(requests))]


CASES: list[tuple[str, list[dict[str, JsonValue]], list[dict[str, JsonValue]]]] = [
    ("one request", [{"messages": said("Hi")}], [{"text": "Hi"}]),
    ("other texts", [{"messages": said("Hi")}, {"messages": said("Bye")}], [{"text": "Hi"}, {"text": "Bye"}]),
    ("the same twice", [{"messages": said("Hi")}, {"messages": said("Hi")}], [{"text": "Hi"}, {"text": "Hi"}]),
    (
        "the same text later",
        [{"messages": said("Go on")}, {"messages": history("Go on", "Well", "Go on")}],
        [{"text": "Go on", "assistant_turns": 0}, {"text": "Go on", "assistant_turns": 1}],
    ),
    (
        "a tool loop",
        [{"messages": said("Search.")}, {"messages": result("found")}],
        [{"text": "Search.", "last": "user"}, {"last": "tool_result"}],
    ),
    (
        "two results",
        [{"messages": result("found")}, {"messages": result("lost")}],
        [
            {"last": "tool_result", "tool_result": {"text": "found"}},
            {"last": "tool_result", "tool_result": {"text": "lost"}},
        ],
    ),
    (
        "tools",
        [{"messages": said("Hi"), "tools": [TOOL]}, {"messages": said("Hi")}],
        [{"text": "Hi", "tools": ["search"]}, {"text": "Hi", "tools": []}],
    ),
    (
        "the system text",
        [{"messages": said("Hi"), "system": "Be brief."}, {"messages": said("Hi"), "system": "Be long."}],
        [{"text": "Hi", "system": "Be brief."}, {"text": "Hi", "system": "Be long."}],
    ),
    (
        "the form of the answer",
        [{"messages": said("Hi"), "stream": True}, {"messages": said("Hi")}],
        [{"text": "Hi", "stream": True}, {"text": "Hi", "stream": False}],
    ),
    ("a long text", [{"messages": said(LONG)}], [{"text": {"contains": LONG.partition("\n")[0]}}]),
    (
        "two long texts that begin alike",
        [{"messages": said(LONG)}, {"messages": said(LONG + "The end.")}],
        [{"text": LONG}, {"text": LONG + "The end."}],
    ),
    ("a secret", [{"messages": said("open sesame")}], [{"text": "open {{secret.1}}"}]),
]


@pytest.mark.parametrize(("bodies", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_condition_is_the_least_that_tells_apart(
    bodies: list[dict[str, JsonValue]], expected: list[dict[str, JsonValue]]
) -> None:
    assert conditions(*bodies) == expected


def test_requests_that_only_all_keys_tell_apart_have_all_of_them() -> None:
    same: dict[str, JsonValue] = {"messages": said("Hi")}
    fields: list[dict[str, JsonValue]] = [{"tools": [TOOL]}, {"system": "Be brief."}, {"stream": True}]
    odd: list[dict[str, JsonValue]] = [
        {**same, **{k: v for other in fields if other != field for k, v in other.items()}} for field in fields
    ]
    whole: dict[str, JsonValue] = {**same, **{k: v for field in fields for k, v in field.items()}}
    assert len(conditions(whole, *odd)[0]) == 4


def test_a_request_that_many_keys_tell_apart_has_all_of_them() -> None:
    whole: dict[str, JsonValue] = {"system": "s", "tools": [TOOL], "model": "claude-opus-4", "stream": True}
    others = [{key: value for key, value in whole.items() if key != left_out} for left_out in whole]
    first, *_ = conditions(*[{"messages": said("Hi"), **fields} for fields in (whole, *others)])
    assert {"text", "system", "tools", "model", "stream", "wire"} <= set(first)
