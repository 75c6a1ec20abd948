"""Volatile values: what differs between two recordings of the same requests has a name, and both still match."""

from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from mockserver.files.dry_run import dry_run
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Recording, recording_of
from mockserver.scenarios.recorded import read_answers
from tests.support.engine import Talk, extended, script, turns
from tests.support.recordings import PATHS, Recorder, ask, said

each_wire = pytest.mark.parametrize("wire", PATHS)


def results(wire: str, question: str, result: str) -> list[JsonValue]:
    """Return a conversation that ends with a tool result."""
    if wire == "openai_responses":
        call: list[JsonValue] = [{"type": "function_call", "call_id": "t1", "name": "look", "arguments": "{}"}]
        return [*said(question), *call, {"type": "function_call_output", "call_id": "t1", "output": result}]
    if wire == "openai":
        used: JsonValue = [{"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
        asked: JsonValue = {"role": "assistant", "content": None, "tool_calls": used}
        return [*said(question), asked, {"role": "tool", "tool_call_id": "t1", "content": result}]
    content: JsonValue = [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]
    answer: JsonValue = [{"type": "tool_result", "tool_use_id": "t1", "content": result}]
    return [*said(question), {"role": "assistant", "content": content}, {"role": "user", "content": answer}]


def session(wire: str, played: Sequence[str], *conversations: list[JsonValue]) -> list[RecordedExchange]:
    """Return a recording of these conversations, each with its reply."""
    recorder = Recorder(Talk(turns("".join([f"  - reply: {reply}\n" for reply in played])), served=extended()))
    return [recorder.ask(ask(wire, conversation)) for conversation in conversations]


def again(first: Sequence[RecordedExchange], second: Sequence[RecordedExchange]) -> Recording:
    """Return the second recording, compared with the first."""
    earlier = read_answers(recording_of(first, "twice", extended()).frames.encode())
    return recording_of(second, "twice", extended(), earlier=earlier)


def texts(recording: Recording, wire: str, *conversations: list[JsonValue]) -> list[bytes]:
    """Return the answers of a recording to these conversations."""
    assert dry_run(script(recording.scenario), extended()) == []
    recorder = Recorder(Talk(script(recording.scenario), served=extended()))
    return [recorder.ask(ask(wire, conversation)).payload for conversation in conversations]


@each_wire
def test_a_path_in_a_question_is_a_value_in_the_call(wire: str) -> None:
    question = "Read /tmp/run-{}/notes.txt and tell me what it says."
    call = "[{{tool_use: {{name: look, input: {{path: /tmp/run-{}/notes.txt}}}}}}]"
    first, second = [session(wire, [call.format(id)], said(question.format(id))) for id in ("a81", "c07")]
    recording = again(first, second)
    assert 'text: "Read {{value.1}} and tell me what it says."' in recording.scenario
    assert 'input: {path: "{{value.1}}"}' in recording.scenario
    for id in ("a81", "c07", "new"):
        [payload] = texts(recording, wire, said(question.format(id)))
        assert f"/tmp/run-{id}/notes.txt".encode() in payload


@each_wire
def test_a_time_in_a_tool_result_is_a_value_in_the_answer(wire: str) -> None:
    result, reply = "Now it is {} in Oslo", "It is {} there."
    first, second = [
        session(wire, [reply.format(time)], results(wire, "What time is it?", result.format(time)))
        for time in ("12:03:44", "12:07:10")
    ]
    recording = again(first, second)
    assert 'tool_result: {text: "Now it is {{value.1}} in Oslo"}' in recording.scenario
    assert "It is {{value.1}} there." in recording.scenario
    [payload] = texts(recording, wire, results(wire, "What time is it?", result.format("23:59:01")))
    assert b"It is 23:59:01 there." in payload


def test_a_tool_result_that_is_another_one_each_time_is_no_condition() -> None:
    first, second = [
        session("anthropic", [f"'It says: {text}'"], results("anthropic", "Read it.", text))
        for text in ("sunny", "a lot of rain")
    ]
    recording = again(first, second)
    assert "- when: {last: tool_result}\n" in recording.scenario
    assert '"It says: {{tool_result}}"' in recording.scenario


def test_two_questions_that_differ_in_a_value_alone_are_two_turns() -> None:
    ask_for = "Tell me of order {} of today, please."
    first = session("openai", ["one", "two"], said(ask_for.format("A-1001")), said("Bye, and thanks for 12:01."))
    second = session("openai", ["one", "two"], said(ask_for.format("A-1002")), said("Bye, and thanks for 12:09."))
    recording = again(first, second)
    answers = texts(recording, "openai", said("Bye, and thanks for 13:00."), said(ask_for.format("A-7")))
    assert [b'"two"' in answers[0], b'"one"' in answers[1]] == [True, True]


def test_what_did_not_change_is_as_without_a_comparison() -> None:
    exchanges = session("openai", ["a", "b"], said("one"), said("two"))
    assert again(exchanges, exchanges) == recording_of(exchanges, "twice", extended())


def test_a_new_request_has_no_twin_and_an_answer_that_changed_counts() -> None:
    first = session("openai", ["a"], said("one"))
    second = session("openai", ["c", "d"], said("one"), results("openai", "two", "x"))
    assert again(first, second).scenario == recording_of(second, "twice", extended()).scenario


def test_a_secret_is_no_volatile_value() -> None:
    exchanges = session("openai", ["hi"], said("I am bob@example.com, hello."))
    recording = again(exchanges, exchanges)
    assert "I am {{secret.1}}, hello." in recording.scenario


def test_other_routes_are_compared_by_their_paths() -> None:
    plain = RecordedExchange(method="GET", path="/v1/extra", status=204)
    assert again([plain], [plain]).scenario == recording_of([plain], "twice", extended()).scenario


def test_values_side_by_side_are_one_and_space_before_the_first_stays() -> None:
    reply = "[{{text: Order {}.}}, {{tool_use: {{name: look, input: {{at: '{}'}}}}}}]"
    first, second = [
        session("openai", [reply.format(id, time)], said(f" Take order {id} {time} for the table, please."))
        for id, time in (("A-1", "12:01"), ("B-2", "13:02"))
    ]
    recording = again(first, second)
    assert 'text: " Take order {{value.1}} for the table, please."' in recording.scenario
    assert "Order B-2." in recording.scenario  # a part of a value has no name


def test_the_blocks_of_an_answer_have_the_names() -> None:
    reply = "[{{text: Order {0}.}}, {{tool_use: {{name: look, input: {{ids: [{0}]}}}}}}]"
    first, second = [
        session("openai", [reply.format(id)], said(f"Take order {id} for the table, please.")) for id in ("A-1", "B-2")
    ]
    recording = again(first, second)
    assert 'text: "Order {{value.1}}."' in recording.scenario
    assert 'input: {ids: ["{{value.1}}"]}' in recording.scenario


def test_an_answer_of_another_form_keeps_its_words() -> None:
    question = "Take order {} for the table, please."
    first = session("openai", ["Order A-1."], said(question.format("A-1")))
    second = session("openai", ["[{text: Order B-2.}, {refusal: No.}]"], said(question.format("B-2")))
    assert "Order B-2." in again(first, second).scenario
