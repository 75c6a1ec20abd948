"""Wires: each is one folder and one line of the table, and nobody else names a dialect."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from mockserver.core.conversation import Stop, Text, Thinking, ToolUse
from mockserver.core.errors import Failure
from mockserver.wires import DELTAS, EVENTS, WIRES, likely_wire, sdk_environment, wire_named, wire_of_path
from mockserver.wires.envelopes import ENVELOPES
from mockserver.wires.sse import split
from mockserver.wires.wire import Wire
from tests.support.engine import extended
from tests.support.replies import READ, REPLIES, reply

ROOT = Path(__file__).resolve().parents[2] / "mockserver"
FOLDER = ROOT / "wires"
STOPS: tuple[Stop, ...] = ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")

SENT = {"id_a": '{"a": 1}', "id_b": '{"a": '}
"""The arguments of two calls, letter by letter, by the ids of the calls."""

ALLOWED = {
    "core/catalogue.py": "names the providers of models, and of the BYOK route",
    "cli/ask.py": "has a client's profile as its default",
    "scenarios/matchers/beta.py": "reads the header in which clients name betas",
    "scenarios/matchers/wire.py": "shows what a user writes, in its examples",
    "gate/": "judges gateways by the documents, without the engine",
}
"""Where a dialect may be named outside `wires`, and why."""

_NAMES = re.compile("|".join([rf"\b{name}\b" for name in WIRES] + [rf"\b{name.upper()}_" for name in WIRES]))

each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=list(WIRES))


# --- nobody else names a dialect --------------------------------------------------------------------------------------


class Naming(NamedTuple):
    """A place in a file that names a dialect, in a text or an import."""

    line: int
    text: str


def namings(source: str) -> list[Naming]:
    """Return the places of a module that name a dialect; docstrings and comments may."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            found.append(Naming(node.lineno, node.value))
        elif isinstance(node, ast.ImportFrom):
            found += [Naming(node.lineno, f"{node.module} {alias.name}") for alias in node.names]
    return [naming for naming in found if _NAMES.search(naming.text)]


def modules() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.py")):
        inner = path.relative_to(ROOT)
        if inner.parts[0] not in ("wires", "contracts"):
            yield path


def is_allowed(path: Path) -> bool:
    return str(path.relative_to(ROOT)).startswith(tuple(ALLOWED))


def test_nobody_outside_the_folder_names_a_dialect() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{naming.line}: {naming.text}"
        for path in modules()
        if not is_allowed(path)
        for naming in namings(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("prefix", ALLOWED)
def test_every_exception_is_needed(prefix: str) -> None:
    assert any(
        namings(path.read_text(encoding="utf-8"))
        for path in modules()
        if str(path.relative_to(ROOT)).startswith(prefix)
    )


@pytest.mark.parametrize(
    "source",
    [
        'if wire == "openai": ...',
        "from mockserver.wires import openai",
        "from mockserver.wires.anthropic import WIRE",
        'x = {"ANTHROPIC_BASE_URL": 1}',
        'f"{url} of openai"',
    ],
)
def test_a_module_that_names_a_dialect_is_found(source: str) -> None:
    assert namings(source) != []


@pytest.mark.parametrize("source", ['"""The openai wire."""', "# openai", 'x = "openai_url"', 'x = "OpenAI"'])
def test_words_for_people_and_public_names_are_not_found(source: str) -> None:
    assert namings(source) == []


# --- a wire is one folder and one line --------------------------------------------------------------------------------


def test_every_folder_is_in_the_table_under_its_name() -> None:
    folders = {path.name for path in FOLDER.iterdir() if (path / "__init__.py").exists()}
    assert folders == set(WIRES)
    assert {name: wire.name for name, wire in WIRES.items()} == {name: name for name in WIRES}


def test_the_contract_uses_every_wire_and_no_other() -> None:
    assert {operation.wire for operation in extended().operations} - {"json"} == set(WIRES)


def test_every_wire_has_an_envelope_of_its_own_and_the_default_none_of_theirs() -> None:
    assert list(ENVELOPES) == ["superset", *WIRES, "fastapi", "bare"]


@each_wire
def test_the_route_of_a_wire_speaks_it(wire: Wire) -> None:
    operation, _ = extended().find("POST", wire.route)
    assert (operation.wire, wire_of_path(wire.route), wire_named(wire.name)) == (wire.name, wire, wire)


@each_wire
def test_a_stream_has_the_events_that_the_wire_names(wire: Wire) -> None:
    conversation = wire.parse({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, 9)
    custom = ToolUse("shell", {"input": "ls"}, "id_shell", is_custom=True)
    said = reply(Thinking("Hm.", "s"), *REPLIES["refused-late"].blocks, READ, custom, stop="tool_use")
    kinds = [frame.event for frame in wire.frames(said, "word", conversation)]
    assert set(kinds) <= set(wire.events)
    assert kinds[-1] in wire.last_events
    assert wire.deltas <= set(kinds)


@each_wire
def test_a_wire_renders_every_stop_reason(wire: Wire) -> None:
    assert set(wire.stop_reasons) == set(STOPS)
    for stop in STOPS:
        assert f'"{wire.stop_reasons[stop]}"'.encode() in wire.whole(reply(Text("Hi"), stop=stop))


@each_wire
def test_a_whole_body_has_the_wires_words_for_usage(wire: Wire) -> None:
    usage = orjson.loads(wire.whole(REPLIES["text"]))["usage"]
    assert tuple(usage[name] for name in wire.usage_names) == (12, 7)


@each_wire
@pytest.mark.parametrize("name", [name for name, made in REPLIES.items() if made.blocks])
def test_a_stream_and_a_whole_body_say_the_same_to_a_reader(wire: Wire, name: str) -> None:
    whole = orjson.loads(wire.whole(REPLIES[name]))
    conversation = wire.parse({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, 9)
    frames = [frame for frame in wire.frames(REPLIES[name], "word", conversation) if frame.event != "done"]
    events = [orjson.loads(split(frame.payload)[1]) for frame in frames]
    read = wire.reader
    text = "".join([block.text for block in REPLIES[name].blocks if isinstance(block, Text)])
    streamed = "".join([piece for event in events for piece in read.text_deltas(event)])
    assert "".join(read.texts(whole)) == streamed == text
    thoughts = [block.text for block in REPLIES[name].blocks if isinstance(block, Thinking) and not block.redacted]
    thought = "".join([piece for event in events for piece in read.thinking_deltas(event)])
    assert "".join(read.thinking(whole)) == thought == "".join(thoughts)
    calls: dict[object, list[str]] = {}
    for event in events:
        for key, piece in read.call_deltas(event):
            known = calls.setdefault(key, ["", "", ""])
            calls[key] = [before + more for before, more in zip(known, piece, strict=True)]
    assert [tuple(call) for call in calls.values()] == list(read.calls(whole))
    joined = read.whole_of(events)
    assert ("".join(read.texts(joined)), [*read.calls(joined)]) == (text, [*read.calls(whole)])
    assert "".join(read.thinking(joined)) == thought


@each_wire
def test_the_shortest_stream_of_a_body_says_the_same(wire: Wire) -> None:
    blocks = (
        Thinking("Hm.", "s"),
        Thinking("Hm!", "t", redacted=True),
        Text("One."),
        ToolUse("now", {"a": 1}, "id_now"),
    )
    whole = orjson.loads(wire.whole(reply(*blocks, stop="tool_use")))
    frames = wire.reader.stream_of(whole)
    assert frames[-1].event in wire.last_events
    events = [orjson.loads(split(frame.payload)[1]) for frame in frames if frame.event != "done"]
    joined = wire.reader.whole_of(events)
    assert list(wire.reader.texts(joined)) == ["One."]
    assert list(wire.reader.thinking(joined)) == ["Hm."]
    assert list(wire.reader.calls(joined)) == [("id_now", "now", '{"a":1}')]


@each_wire
def test_the_shortest_stream_of_a_call_has_no_text(wire: Wire) -> None:
    whole = orjson.loads(wire.whole(reply(ToolUse("now", {}, "id_now"), stop="tool_use")))
    frames = wire.reader.stream_of(whole)
    events = [orjson.loads(split(frame.payload)[1]) for frame in frames if frame.event != "done"]
    assert [piece for event in events for piece in wire.reader.text_deltas(event) if piece] == []
    assert list(wire.reader.calls(wire.reader.whole_of(events))) == [("id_now", "now", "{}")]


@each_wire
def test_a_reader_leaves_out_what_cannot_be_read(wire: Wire) -> None:
    odd: list[dict[str, object]] = [
        {"content": 1, "choices": 1, "delta": 1, "content_block": 1},
        {"content": [1], "choices": [1, {"message": 1, "delta": 1}], "delta": {"text": 1, "partial_json": 1}},
        {"content": [{"thinking": 1}], "delta": {"thinking": 1}},
        {"choices": [{"message": {"reasoning_content": 1}, "delta": {"reasoning_content": 1}}]},
        {"type": "response.output_text.delta", "delta": 1, "output": [1, {"type": "message", "content": 1}]},
        {"choices": [{"message": {"tool_calls": 1, "content": 1}, "delta": {"tool_calls": [1], "content": 1}}]},
    ]
    read = wire.reader
    for body in odd:
        assert [*read.texts(body), *read.calls(body), *read.text_deltas(body), *read.call_deltas(body)] == []
        assert [*read.thinking(body), *read.thinking_deltas(body)] == []


@each_wire
def test_the_arguments_of_a_past_call_are_read_where_the_wire_repeats_them_as_text(wire: Wire) -> None:
    calls = [{"id": id, "function": {"name": "now", "arguments": written}} for id, written in SENT.items()]
    items = [{"type": "function_call", "call_id": id, "arguments": written} for id, written in SENT.items()]
    body = {"messages": [{"role": "assistant", "tool_calls": calls}], "input": items}
    read = {id: wire.reader.sent_arguments(body, id) for id in (*SENT, "no_call")}
    if wire.reports_tool_errors:  # such a wire repeats them as an object
        assert set(read.values()) == {None}
    else:
        assert read == {**SENT, "no_call": None}


@each_wire
def test_an_error_event_is_an_event_of_the_wire(wire: Wire) -> None:
    failure = Failure(status=529, code="overloaded", message="Busy.")
    frame = wire.errors.event(wire.errors.stream_body(failure))
    name, data = split(frame.payload)
    assert (frame.event, name) == ("error", wire.errors.event_name)
    assert orjson.loads(data)["error"]["message"] == "Busy."


# --- what is asked of the table ---------------------------------------------------------------------------------------


def test_the_kinds_of_events_are_those_of_every_wire_and_errors() -> None:
    assert {"content_block_delta", "reasoning", "text", "tool_call"} < DELTAS
    assert {"error"}.union(*[wire.events for wire in WIRES.values()]) == EVENTS


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ({}, "/v1/messages"),
        ({"system": "x"}, "/v1/messages"),
        ({"stop_sequences": []}, "/v1/messages"),
        ({"tools": [{"input_schema": {}}]}, "/v1/messages"),
        ({"tools": [{"type": "function"}]}, "/api/v1/chat/completions"),
        ({"tools": []}, "/v1/messages"),
        ({"tools": "x"}, "/api/v1/chat/completions"),
        ({"stream_options": None}, "/api/v1/chat/completions"),
        ({"input": "Hi"}, "/v1/responses"),
        ({"input": "Hi", "tools": [{"type": "function"}]}, "/v1/responses"),
    ],
)
def test_a_body_is_taken_for_a_request_of_the_wire_whose_fields_it_has(body: dict[str, object], route: str) -> None:
    assert likely_wire(body).route == route


def test_the_sdks_are_pointed_at_the_gateway_by_their_own_variables() -> None:
    assert sdk_environment("http://x", "sk_1") == {
        "ANTHROPIC_BASE_URL": "http://x",
        "ANTHROPIC_API_KEY": "sk_1",
        "OPENAI_BASE_URL": "http://x/api/v1",
        "OPENAI_API_KEY": "sk_1",
    }
