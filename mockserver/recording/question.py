"""The question of a turn: a request that its scenario answers with this turn, made from the turn's `when`.

The file beside a recording has the request itself. Without it one is made up: a conversation with the texts, the kind
of last message, the tools and the number of turns that `when` names, on each wire in turn, until the engine answers it
with this very turn. The tools that the reply calls are offered, or no gateway could call them.

What cannot be asked is said, with the reason: errors and broken answers, which no request can bring about, and
conditions that no request can be made for.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec
import orjson

from mockserver.accounts.session import Session
from mockserver.core.conversation import (
    Conversation,
    Json,
    Message,
    ResponseFormat,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    compact_json,
)
from mockserver.core.units import LONGEST
from mockserver.engine.reply import NO_TOOL
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.journal.record import call_of
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.recording.drift import TRANSIENT
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.played import played
from mockserver.scenarios.call import Call
from mockserver.scenarios.count_test import CountTest
from mockserver.scenarios.recorded import RecordedAnswer, RecordedRequest, says
from mockserver.scenarios.schema import ReplyBlock, Scenario, Turn
from mockserver.scenarios.script import CompiledTurn, ReplyPlan, Script, make_script
from mockserver.scenarios.templates import PLACEHOLDER
from mockserver.scenarios.text_test import TextTest
from mockserver.scenarios.when import When
from mockserver.wires import WIRES

LONGEST_ANSWER = 1024
"""Tokens that an answer may have."""

SECRET = "secret"
"""What a question says in the place of a secret that a recording has left out."""

_NAME = "question"


class Question(msgspec.Struct, frozen=True):
    """A request, the call that is read from it, and the answer that the scenario gives it."""

    turn: int
    request: Request
    call: Call
    expected: RecordedExchange


class NoQuestion(msgspec.Struct, frozen=True):
    """A turn that cannot be asked about, and the reason."""

    turn: int
    reason: str


def questions(
    scenario: Scenario,
    script: Script,
    contract: Contract,
    *,
    model: str,
    key: str,
    answers: Sequence[RecordedAnswer] = (),
) -> Iterator[Question | NoQuestion]:
    """Yield the question of every turn, or why there is none. `model` is asked where `when` names none.

    `answers` are those of the file beside a recording: they have the requests as they were.
    """
    left: dict[str, list[RecordedRequest]] = defaultdict(list)
    for answer in answers:
        left[answer.says].append(answer.request)
    for written, turn in zip(scenario.turns, script.turns, strict=True):
        known = left[says(written)]
        recorded = [_as_sent(known.pop(0), key)] if known else []
        yield _question(written, turn, contract, model, key, recorded)


def _question(
    written: Turn, turn: CompiledTurn, contract: Contract, model: str, key: str, recorded: Sequence[Request]
) -> Question | NoQuestion:
    """Return the question of a turn: the recorded request if there is one, else one that is made up."""
    if turn.faults:
        return NoQuestion(turn.number, f"its answer is broken on purpose ({', '.join(turn.fault_names)})")
    status = _status(written)
    if status >= 500 or status in TRANSIENT or (status >= 400 and not recorded):
        return NoQuestion(turn.number, "its answer is an error, which no request can bring about")
    alone = msgspec.structs.replace(turn, number=1, times=None)
    engine = Engine(contract, {_NAME: make_script(_NAME, [alone])}, EngineSettings(scenario=_NAME))
    misses: tuple[str, ...] = ()
    for request in chain(recorded, _requests(written, isinstance(turn.plan, ReplyPlan), contract, model, key)):
        decision = engine.step(Session(_NAME, began=-LONGEST), request, 0.0)[1]
        if decision.note.turn:
            expected = played(request, decision.actions)
            return Question(turn.number, request, call_of(request, contract, lenient=True), expected)
        misses = misses or decision.note.misses or (decision.note.code,)
    reason = misses[0].partition(": ")[2] or misses[0] if misses else "its operation has no request that can be made up"
    return NoQuestion(turn.number, f"no request can be made up for its conditions: {reason}")


def _status(turn: Turn) -> int:
    """Return the status of a turn's answer."""
    if turn.error is not None:
        return turn.error.status
    return 200 if turn.response is None else turn.response.status


def _as_sent(request: RecordedRequest, key: str) -> Request:
    """Return a recorded request with our key, and a word in the place of each secret."""
    text = PLACEHOLDER.sub(SECRET, compact_json(request.body)) if request.body is not None else ""
    headers = {"x-api-key": key, "content-type": "application/json"}
    return Request(request.method, PLACEHOLDER.sub(SECRET, request.path), headers, text.encode(), query=request.query)


def _requests(turn: Turn, converses: bool, contract: Contract, model: str, key: str) -> Iterator[Request]:
    """Yield requests that may fulfil the conditions of a turn."""
    headers = {"x-api-key": key}
    if not converses:
        for operation in _operations(turn.when, contract):
            if operation.method == "GET" and "{" not in operation.path:
                yield Request("GET", operation.path, headers)
        if turn.when.path is not None and "*" not in turn.when.path and turn.when.method in (None, "GET"):
            yield Request("GET", turn.when.path, headers)
        return
    conversation = _conversation(turn, model)
    for operation in _operations(turn.when, contract):
        body = orjson.dumps(WIRES[operation.wire].ask(conversation))
        yield Request("POST", operation.path, {**headers, "content-type": "application/json"}, body)


def _operations(when: When, contract: Contract) -> list[Operation]:
    """Return the operations that a condition allows: those that it names, else the usual one of each wire."""
    if when.operation is not None:
        return [operation for operation in contract.operations if operation.name in when.operation]
    routes = [wire.route for wire in WIRES.values() if when.wire in (None, wire.name)]
    found = [operation for operation in contract.operations if operation.path in routes]
    return sorted(found, key=lambda operation: routes.index(operation.path))


def _conversation(turn: Turn, model: str) -> Conversation:
    """Return a conversation as `when` wants it."""
    when = turn.when
    named = next((glob for glob in when.model or [] if not set("*?[") & set(glob)), model)
    form = ResponseFormat() if when.response_format not in (None, "text") else None
    return Conversation(
        model=named,
        messages=tuple(_messages(when)),
        body={},
        system=_text(when.system) or "",
        tools=tuple(_offered(when, turn.reply or [])),
        stream=when.stream is not False,
        max_tokens=LONGEST_ANSWER,
        response_format=form,
    )


def _messages(when: When) -> Iterator[Message]:
    """Yield the messages: the text of the user comes last, or before the tool call whose result comes last."""
    result = when.tool_result
    ends = "tool_result" if result is not None else when.last or "user"
    turns = _count(when.assistant_turns, int(ends != "user"))
    text = Text(_text(when.text) or "Hello")
    others = turns if ends == "user" else max(turns - 1, 0)
    for _ in range(others):
        yield Message("user", (Text("Hello"),))
        yield Message("assistant", (Text("Hello."),))
    yield Message("user", (text,))
    if ends == "assistant":
        yield Message("assistant", (Text("Hello."),))
    elif ends == "tool_result":
        name = (result.name if result is not None else None) or next(iter(when.tools or []), "look")
        id = (result.id if result is not None else None) or "call_1"
        said = (_text(result.text) if result is not None else None) or "ok"
        is_error = bool(result is not None and result.is_error)
        yield Message("assistant", (ToolUse(name, {}, id),))
        yield Message("user", (ToolResult(id, said, is_error),))


def _offered(when: When, blocks: list[ReplyBlock]) -> Iterator[Tool]:
    """Yield the tools: those that `when` names, those that the reply calls, and the one whose result comes last."""
    if when.tools == []:
        return
    inputs: dict[str, Json] = {name: {} for name in when.tools or []}
    if when.tool_result is not None and when.tool_result.name is not None:
        inputs.setdefault(when.tool_result.name, {})
    elif when.last == "tool_result" and not inputs:
        inputs["look"] = {}
    for block in blocks:
        if block.tool_use is not None:
            inputs[block.tool_use.name or NO_TOOL] = block.tool_use.input or {}
    for name, arguments in inputs.items():
        properties = {argument: _schema(value) for argument, value in arguments.items()}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        yield Tool(name, f"{name.replace('_', ' ').capitalize()}.", schema)


def _schema(value: Json) -> Json:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return {"type": names[type(value)]} if type(value) in names else {}


def _text(test: TextTest | None) -> str | None:
    """Return a text that may pass a test."""
    if test is None:
        return None
    text = test.equals if test.equals is not None else test.contains
    return None if text is None else PLACEHOLDER.sub(SECRET, text)


def _count(test: CountTest | None, usual: int) -> int:
    """Return a number that passes a test: the usual one, or the nearest."""
    if test is None:
        return usual
    if test.equals is not None:
        return test.equals
    least = max(usual, test.at_least or 0)
    return least if test.at_most is None else min(least, test.at_most)
