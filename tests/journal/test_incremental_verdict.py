"""The fast verdict is the slow one, over random journals, and each exchange is read once for it."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.actions import Close, Data
from mockserver.journal import retries
from mockserver.journal.client_rules import ClientLimits, invalid_arguments_used
from mockserver.journal.facts import FactStore
from mockserver.journal.log import Captured, Ended, Exchange, Outcome
from mockserver.journal.record import Record
from mockserver.journal.verdict import judge
from tests.journal import whole_verdict
from tests.support.engine import CHAT, MESSAGES, Answer, Talk, contract, turns
from tests.support.properties import examples

SCRIPT = """
  - {when: {text: whole}, reply: one two, times: always}
  - {when: {text: broken}, reply: one two three, faults: [{close: {at: 5}}], times: always}
  - {when: {text: failing}, reply: one two three, faults: [{error_event: {at: 5}}], times: always}
  - {when: {text: wrong}, reply: [{tool_use: {name: search, id: toolu_1, input: {x: 1}}}], times: always}
  - {when: {text: right}, reply: [{tool_use: {name: search, id: toolu_1, input: {q: x}}}], times: always}
  - when: {text: cut}
    reply: [{tool_use: {name: search, id: toolu_1, input: {q: x}}}]
    faults: [{arguments: truncated}]
    times: always
  - {when: {text: error 429}, error: {status: 429, retry_after: 2}, times: always}
  - {when: {text: error 503}, error: {status: 503}, times: always}
  - {when: {text: error 400}, error: {status: 400}, times: always}
  - {when: {text: error 402}, error: {status: 402}, times: always}
"""
QUESTIONS = ("whole", "broken", "failing", "wrong", "right", "cut", "error 429", "error 503", "error 400", "error 402")
SCHEMA: JsonValue = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
TOOLS: dict[str, JsonValue] = {
    MESSAGES: [{"name": "search", "input_schema": SCHEMA}],
    CHAT: [{"type": "function", "function": {"name": "search", "parameters": SCHEMA}}],
}


USED: tuple[JsonValue, ...] = ({"x": 1}, {"x": 1.0}, {"q": "x"})
"""Arguments of the tool call in a history."""


def user(text: str) -> JsonValue:
    return {"role": "user", "content": text}


def reply(text: str) -> JsonValue:
    return {"role": "assistant", "content": text}


def calls(path: str, arguments: JsonValue, id: str = "toolu_1") -> JsonValue:
    if path == MESSAGES:
        return {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "search", "input": arguments}]}
    function: JsonValue = {"name": "search", "arguments": orjson.dumps(arguments).decode()}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": id, "type": "function", "function": function}]}


def result(path: str, *, is_error: bool = False, id: str = "toolu_1") -> JsonValue:
    if path == MESSAGES:
        block: JsonValue = {"type": "tool_result", "tool_use_id": id, "content": "42", "is_error": is_error}
        return {"role": "user", "content": [block]}
    return {"role": "tool", "tool_call_id": id, "content": "42"}


def continuations(path: str) -> list[list[JsonValue]]:
    """Return what a conversation may go on with: nothing, answers as they came and others, results and none."""
    texts = [[reply(text), user("whole")] for text in ("one two", "one two ", "one two three", "one ", "other")]
    results: list[list[JsonValue]] = [
        [calls(path, arguments), end]
        for arguments in USED
        for end in (result(path), result(path, is_error=True), user("whole"))
    ]
    long = [*texts[0], *texts[1]]
    return [[], *texts, *results, [calls(path, {"x": 1}, "other"), result(path, id="other")], [user("b")], long]


class Sent(NamedTuple):
    """A request, and the engine's answer to it."""

    path: str
    body: bytes
    answer: Answer


@cache
def pool(path: str, question: str) -> tuple[Sent, ...]:
    """Return every request that begins with this question."""
    found, talk = list[Sent](), Talk(turns(SCRIPT))
    for more, stream in product(continuations(path), (False, True)):
        fields: dict[str, JsonValue] = {"tools": TOOLS[path], "stream": stream}
        messages: list[JsonValue] = [user(question), *more]
        body: dict[str, JsonValue] = {"model": "m", "max_tokens": 100, "messages": messages, **fields}
        found.append(Sent(path, orjson.dumps(body), talk.post(path, body, {"authorization": "Bearer sk_test"})))
    return tuple(found)


def exchange(
    number: int, sent: Sent, received_at: float, seconds: float, retry: str | None, ended: Ended | None
) -> Exchange:
    headers: Mapping[str, str] = {} if retry is None else {"x-stainless-retry-count": retry}
    actions = sent.answer.actions
    frames = sum(isinstance(action, Data) for action in actions)
    how: Ended = ended or ("closed" if any(isinstance(action, Close) for action in actions) else "complete")
    outcome = Outcome(sent.answer.status, frames, 1, seconds, how, frames)
    captured = Captured(headers=headers, actions=actions, received_at=received_at, ended_at=received_at + seconds)
    return Exchange(number, received_at, "", "POST", sent.path, sent.body, sent.answer.note, outcome, captured)


@st.composite
def journals(draw: st.DrawFn) -> list[Exchange]:
    """Return the exchanges of one session: few conversations, many tries, some at the same time."""
    paths = st.sampled_from([MESSAGES, CHAT])
    groups = [pool(draw(paths), draw(st.sampled_from(QUESTIONS))) for _ in range(draw(st.integers(1, 3)))]
    requests = [draw(st.sampled_from(group)) for group in groups for _ in range(draw(st.integers(1, 4)))]
    ends: Sequence[Ended | None] = (None, None, None, None, "closed", "client_left", "complete")
    found, now = list[Exchange](), 0.0
    for number in range(1, draw(st.integers(1, 24)) + 1):
        now += draw(st.sampled_from([0.0, 0.05, 1.0, 1.0, 2.0, 90.0]))
        place = max(0.0, now - draw(st.sampled_from([0.0, 0.0, 0.0, 2.0])))
        retry = draw(st.sampled_from([None, None, "0", "1", "2", "x"]))
        seconds = draw(st.sampled_from([0.0, 0.0, 1.0, 3.0]))
        found.append(
            exchange(number, draw(st.sampled_from(requests)), place, seconds, retry, draw(st.sampled_from(ends)))
        )
        now += draw(st.sampled_from([0.0, 1.0, 3.0]))
    return found


def whole(journal: Sequence[Exchange], limits: ClientLimits) -> list[object]:
    return list(whole_verdict.judge([Record(one, contract()) for one in journal], limits))


LIMITS = st.sampled_from([ClientLimits(), ClientLimits(1), ClientLimits(2, 1.5)])


@settings(max_examples=examples(150), deadline=None)
@given(journals(), LIMITS)
def test_a_verdict_is_what_the_rules_define(journal: list[Exchange], limits: ClientLimits) -> None:
    assert [*judge([Record(one, contract()) for one in journal], limits)] == whole(journal, limits)


@settings(max_examples=examples(75), deadline=None)
@given(journals(), LIMITS, st.data())
def test_a_verdict_on_what_is_known_already_is_the_same(
    journal: list[Exchange], limits: ClientLimits, data: st.DataObject
) -> None:
    store, first = FactStore(), 0
    for last in sorted(data.draw(st.lists(st.integers(0, len(journal)), min_size=1, max_size=4))):
        first = data.draw(st.integers(first, last))
        store.forget(first)
        part = journal[first:last]
        records = [Record(one, contract(), facts=store.of(one.number)) for one in part]
        assert [*judge(records, limits)] == whole(part, limits)
        assert len(store) <= len(part)


def many(count: int) -> list[Exchange]:
    """Return a journal in which everything is alike, and every kind of request comes up."""
    requests = [sent for question in QUESTIONS for sent in pool(MESSAGES, question)]
    return [exchange(n, requests[n % len(requests)], 10.0 * n, 1.0, None, None) for n in range(1, count + 1)]


def test_each_exchange_is_read_once_however_often_a_verdict_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    copy = Record.copy

    def counted(record: Record) -> Record:
        read.append(record.number)
        return copy(record)

    monkeypatch.setattr(Record, "copy", counted)
    store, journal = FactStore(), many(600)
    for last, fresh in ((400, range(1, 401)), (400, ()), (600, range(401, 601)), (600, ())):
        read.clear()
        judge([Record(one, contract(), facts=store.of(one.number)) for one in journal[:last]])
        assert set(read) == set(fresh)


@pytest.mark.parametrize("question", ["error 503", "wrong", "broken", "cut"])
def test_a_thousand_requests_that_are_alike_cost_a_thousand_looks(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = {"failed": 0, "fits": 0}
    failed, fits = retries.failed, invalid_arguments_used._has_result

    def counted_failed(record: Record) -> bool:
        looks["failed"] += 1
        return failed(record)

    def counted_fits(*arguments: object) -> bool:
        looks["fits"] += 1
        return fits(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(retries, "failed", counted_failed)
    monkeypatch.setattr(invalid_arguments_used, "_has_result", counted_fits)
    requests = [*pool(MESSAGES, question), *pool(CHAT, question)]
    count = 1_000
    journal = [exchange(n, requests[n % len(requests)], float(n), 1.0, None, None) for n in range(1, count + 1)]
    judge([Record(one, contract()) for one in journal])
    assert looks["failed"] <= count
    assert looks["fits"] <= 10 * count
