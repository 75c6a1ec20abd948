"""Message threads: refused by default, kept in the session where a scenario or the operator wants them."""

import msgspec
import orjson
import pytest
from pydantic import JsonValue

from mockserver.accounts.session import Session
from mockserver.engine import threads
from mockserver.engine.step import EngineSettings
from tests.support.engine import CHAT, HELLO, MESSAGES, Answer, Talk, script

CREATE: JsonValue = {"type": "create"}
TOOL: JsonValue = {"name": "look", "input_schema": {"type": "object"}}


def kept(turns: str = "  - reply: 'heard {{last_user_text}}'\n    times: always\n", word: str = "keep") -> Talk:
    """Return a session whose scenario keeps threads."""
    return Talk(script(f"scenario: test\nthreads: {word}\nturns:\n{turns}"))


def goes_on(talk: Talk, previous: JsonValue, **fields: JsonValue) -> Answer:
    """Continue the thread of a message with one more."""
    thread: JsonValue = {"type": "continue", "previous_message_id": previous}
    return talk.say(MESSAGES, [{"role": "user", "content": "And now?"}], thread=thread, **fields)


def error_code(answer: Answer) -> JsonValue:
    return answer.at("error", "details", "error_code")


@pytest.mark.parametrize("talk", [Talk(), kept(word="refuse")], ids=["default answer", "a scenario that refuses"])
def test_threads_are_refused_by_default(talk: Talk) -> None:
    answer = talk.say(thread=CREATE)
    assert (answer.status, error_code(answer)) == (400, "thread_unsupported_request")
    assert answer.at("error", "type") == "invalid_request_error"


def test_a_refused_thread_uses_up_no_turn() -> None:
    talk = kept("  - reply: one\n", word="refuse")
    talk.say(thread=CREATE)
    assert talk.say().text == "one"


def test_a_request_without_a_thread_is_not_kept() -> None:
    talk = kept()
    talk.say(thread=None)
    assert talk.session.threads == ()


def test_a_thread_is_continued_with_what_is_new() -> None:
    talk = kept("  - when: {assistant_turns: 0}\n    reply: one\n  - when: {assistant_turns: 1}\n    reply: two\n")
    first = talk.say(thread=CREATE, system="Be brief.")
    second = goes_on(talk, first.at("id"))
    assert (first.text, second.text) == ("one", "two")
    assert second.at("usage", "input_tokens") == Talk(script("scenario: test\nturns:\n  - reply: two\n")).say(
        messages=[*HELLO, {"role": "assistant", "content": "one"}, {"role": "user", "content": "And now?"}],
        system="Be brief.",
    ).at("usage", "input_tokens")


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_result_finds_its_call_in_the_thread(stream: bool) -> None:
    talk = kept("  - reply: [{tool_use: {name: look, id: toolu_1}}]\n  - when: {last: tool_result}\n    reply: seen\n")
    first = talk.say(thread=CREATE, tools=[TOOL], stream=stream)
    id = first.events[0]["message"]["id"] if stream else first.at("id")  # type: ignore[index, call-overload]  # JSON
    result: JsonValue = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]}]
    thread: JsonValue = {"type": "continue", "previous_message_id": id}
    assert talk.say(messages=result, thread=thread).text == "seen"


def test_a_tool_result_without_its_call_is_refused_as_ever() -> None:
    talk = kept()
    first = talk.say(thread=CREATE)
    result: JsonValue = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]}]
    thread: JsonValue = {"type": "continue", "previous_message_id": first.at("id")}
    assert talk.say(messages=result, thread=thread).status == 400


def test_an_unknown_thread_is_not_found() -> None:
    answer = goes_on(kept(), "msg_none")
    assert (answer.status, error_code(answer)) == (404, "thread_not_found")


def test_a_scenario_can_lose_its_threads() -> None:
    talk = kept(word="lose")
    answer = goes_on(talk, talk.say(thread=CREATE).at("id"))
    assert (answer.status, error_code(answer)) == (404, "thread_not_found")


def test_a_message_is_continued_once() -> None:
    talk = kept()
    first = talk.say(thread=CREATE).at("id")
    assert goes_on(talk, first).status == 200
    again = goes_on(talk, first)
    assert (again.status, error_code(again)) == (400, "thread_already_continued")


def test_an_error_leaves_the_thread_where_it_was() -> None:
    talk = kept("  - reply: one\n  - error: {status: 503}\n  - reply: two\n")
    first = talk.say(thread=CREATE).at("id")
    assert goes_on(talk, first).status == 503
    assert goes_on(talk, first).text == "two"


def test_an_answer_without_json_is_not_continued() -> None:
    talk = kept("  - reply: one\n    faults: [{body: html}]\n")
    talk.say(thread=CREATE)
    assert talk.session.threads == ()


@pytest.mark.parametrize("field", ["system", "tools"])
def test_a_field_of_the_thread_is_not_repeated(field: str) -> None:
    talk = kept()
    first = talk.say(thread=CREATE).at("id")
    values: dict[str, JsonValue] = {"system": "Be brief.", "tools": [TOOL]}
    answer = goes_on(talk, first, **{field: values[field]})
    assert (answer.status, answer.at("error", "param")) == (400, field)


@pytest.mark.parametrize("code", ["thread_not_found", "thread_already_continued", "thread_continue_in_flight"])
def test_a_turn_can_refuse_with_any_code(code: str) -> None:
    answer = kept(f"  - error: {{status: 409, code: {code}}}\n").say(thread=CREATE)
    assert (answer.status, error_code(answer)) == (409, code)
    assert str(answer.at("error", "message")).startswith("thread")


def test_the_operator_can_keep_threads_without_a_scenario() -> None:
    talk = Talk()
    talk.engine = talk.engine.with_settings(EngineSettings(threads="keep"))
    assert goes_on(talk, talk.say(thread=CREATE).at("id")).status == 200


def test_a_session_keeps_a_few_threads() -> None:
    talk = kept()
    first = talk.say(thread=CREATE).at("id")
    for _ in range(threads.MOST_THREADS):
        talk.say(thread=CREATE)
    assert len(talk.session.threads) == threads.MOST_THREADS
    assert error_code(goes_on(talk, first)) == "thread_not_found"


def test_a_conversation_too_long_to_keep_is_not_found() -> None:
    talk = kept()
    text = "x" * (threads.MOST_BYTES + 1)
    first = talk.say(messages=[{"role": "user", "content": text}], thread=CREATE).at("id")
    assert error_code(goes_on(talk, first)) == "thread_not_found"


def test_threads_survive_the_store() -> None:
    talk = kept()
    first = talk.say(thread=CREATE).at("id")
    talk.session = msgspec.msgpack.decode(msgspec.msgpack.encode(talk.session), type=Session)
    assert goes_on(talk, first).status == 200


def test_other_wires_take_the_field_for_one_that_they_do_not_know() -> None:
    assert Talk().say(CHAT, thread=CREATE).status == 200


def test_a_thread_without_a_kind_is_refused_by_the_contract() -> None:
    answer = kept().post(MESSAGES, orjson.dumps({"model": "m", "max_tokens": 9, "messages": HELLO, "thread": {}}))
    assert (answer.status, answer.at("error", "param")) == (400, "thread.type")
