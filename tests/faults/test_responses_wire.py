"""Faults on the Responses wire, whose events carry their pieces in places of their own."""

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.actions import Actions
from mockserver.core.conversation import Conversation, Thinking
from mockserver.core.rng import Rng
from mockserver.faults import Context, NoEffectError
from mockserver.faults.answers import documents, kinds_of, whole_of
from mockserver.faults.compile import compile_fault
from mockserver.faults.pages import SampleForm, forms
from mockserver.wires import WIRES

WIRE = WIRES["openai_responses"]
[STREAM] = [form for form in forms() if form.wire is WIRE and form.title.endswith("stream")]
[WHOLE] = [form for form in forms() if form.wire is WIRE and form.title.endswith("whole")]
BOTH = pytest.mark.parametrize("form", [STREAM, WHOLE], ids=["stream", "whole"])


def bend(form: SampleForm, fault: JsonValue) -> Actions:
    assert isinstance(fault, str | dict)
    return compile_fault(fault)(form.actions, Context(Rng(0), 0.0, WIRE))


@BOTH
def test_thinking_comes_before_the_answer(form: SampleForm) -> None:
    response = whole_of(bend(form, {"reasoning": "Hm."}), WIRE)
    assert list(WIRE.reader.thinking(response)) == ["Hm."]
    assert [item["type"] for item in response["output"]] == ["reasoning", "message", "function_call", "function_call"]


@BOTH
def test_thinking_becomes_text_between_tags(form: SampleForm) -> None:
    response = whole_of(bend(form, "think_tags"), WIRE)
    assert list(WIRE.reader.thinking(response)) == []
    assert next(WIRE.reader.texts(response)).startswith("<think>\nLet me think.")


@pytest.mark.parametrize("what", ["event", "block"])
def test_an_unknown_kind_is_in_the_stream(what: str) -> None:
    bodies = [orjson.dumps(body) for _, _, body in documents(bend(STREAM, {"unknown": {"what": what}}))]
    assert any(b"future_" in body for body in bodies)


def test_deltas_have_no_kinds() -> None:
    with pytest.raises(NoEffectError, match="has no kinds of delta"):
        bend(STREAM, {"unknown": {"what": "delta"}})


def test_one_more_delta_belongs_to_the_first_item() -> None:
    first = next(body for _, _, body in documents(STREAM.actions))
    assert list(WIRE.reader.text_deltas(orjson.loads(WIRE.odd.text_delta(first, "x").payload.split(b"data: ")[1]))) == [
        "x"
    ]


@BOTH
@pytest.mark.parametrize(
    ("value", "status"),
    [("null", None), ("completed", "completed"), ("missing", "-"), ("content_filter", "incomplete")],
)
def test_a_response_can_end_in_another_way(form: SampleForm, value: str, status: str | None) -> None:
    fault: JsonValue = {"finish": None if value == "null" else value}
    response = whole_of(bend(form, fault), WIRE)
    assert response.get("status", "-") == status


def test_a_cut_answer_ends_with_the_event_of_that() -> None:
    assert kinds_of(bend(STREAM, {"max_tokens": 1}))[-1] == "response.incomplete"


@BOTH
def test_usage_can_be_zero(form: SampleForm) -> None:
    assert whole_of(bend(form, {"usage": "zero"}), WIRE)["usage"]["total_tokens"] == 0


def test_one_delta_carries_each_piece() -> None:
    kinds = kinds_of(bend(STREAM, "one_delta"))
    assert sum(kind in WIRE.deltas for kind in kinds) == 3


def test_a_long_prompt_has_prefixes_and_a_short_one_has_none() -> None:
    def prefixes(text: str) -> int:
        body = {"model": "m", "input": [{"role": "user", "content": text}], "tools": [{"type": "custom", "name": "t"}]}
        conversation: Conversation = WIRE.parse(body, None)
        return len(WIRE.prompt_cache.prefixes(conversation))

    assert (prefixes("x" * 8_000) > 1, prefixes("x")) == (True, 0)


def test_thinking_without_a_visible_text_has_no_summary() -> None:
    body: dict[str, list[dict[str, JsonValue]]] = {"output": []}
    WIRE.odd.whole_reasoning(body, Thinking("", "s"))
    assert body["output"][0]["summary"] == []
