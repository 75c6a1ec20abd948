"""Streams of both wires, good and bad: which promise each fault breaks."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.contracts import sse
from tests.gate.support import CHAT, MESSAGES, broken, exchange

Events = list[tuple[str | None, Any]]


def message() -> Events:
    """Return a good stream of the Anthropic wire: text, then a tool call."""
    start: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    start |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    text, tool = {"type": "text", "text": ""}, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": tool},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"at"'}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ': "x"}'}},
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]
    return [(event["type"], event) for event in events]


def chunks() -> Events:
    """Return a good stream of the OpenAI wire: a tool call."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}}
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        {"tool_calls": [call]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"at": "x"}'}}]},
    ]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": "m"}
    events: Events = [
        (None, head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}) for delta in deltas
    ]
    events.append((None, head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}))
    return [*events, (None, "[DONE]")]


def encode(events: Events) -> bytes:
    """Return events as bytes."""
    text = ""
    for name, data in events:
        text += (
            f"event: {name}\n" if name else ""
        ) + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"
    return text.encode()


ASKED = {
    "/v1/messages": {"tools": [{"name": "look", "input_schema": {"type": "object"}}]},
    CHAT: {"tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]},
}


def found(path: str, body: bytes, **more: Any) -> set[str]:
    return broken(exchange(path, body, asked=ASKED[path], **more))


def test_good_streams_break_nothing() -> None:
    assert found(MESSAGES, encode(message())) == set()
    assert found(CHAT, encode(chunks())) == set()


def test_crlf_comments_and_pings_are_good() -> None:
    body = b": hello\r\n\r\n" + encode(message()).replace(b"\n", b"\r\n")
    assert found(MESSAGES, body) == set()


def test_the_short_dialect_is_good_only_where_it_is_declared() -> None:
    short = [recorded for recorded in message()[:4] if recorded[0] not in ("content_block_start", "ping")] + message()[
        9:
    ]
    short[-2][1]["delta"]["stop_reason"] = "end_turn"
    recorded = exchange(MESSAGES, encode(short))
    assert broken(recorded, short_sse=True) == set()
    assert "messages-blocks" in broken(recorded)


MESSAGE_FAULTS: list[tuple[str, str, Callable[[Events], Events]]] = [
    ("no message_start", "messages-start", lambda e: e[1:]),
    ("two message_starts", "messages-start", lambda e: [e[0], *e]),
    ("no block start", "messages-blocks", lambda e: [e[0], *e[2:]]),
    ("no block stop", "messages-blocks", lambda e: [*e[:4], *e[5:]]),
    ("wrong index", "messages-blocks", lambda e: [*e[:5], (e[5][0], e[5][1] | {"index": 2}), *e[6:]]),
    ("delta for another block", "messages-deltas", lambda e: [*e[:3], (e[3][0], e[3][1] | {"index": 1}), *e[4:]]),
    ("fragment lost", "messages-tool-json", lambda e: [*e[:7], *e[8:]]),
    ("no message_stop", "messages-end", lambda e: e[:-1]),
    ("two message_stops", "messages-end", lambda e: [*e, e[-1]]),
    ("after message_stop", "messages-end", lambda e: [*e, e[2]]),
    ("block after message_delta", "messages-end", lambda e: [*e[:8], e[9], e[8], e[10]]),
    ("no name", "messages-event-name", lambda e: [(None, data) for _, data in e]),
    ("another name", "messages-event-name", lambda e: [("completion", data) for _, data in e]),
    ("[DONE]", "sse-data", lambda e: [*e, (None, "[DONE]")]),
    ("unknown event", "messages-event-schema", lambda e: [e[0], ("status", {"type": "status"}), *e[1:]]),
]


@pytest.mark.parametrize(("fault", "promise", "change"), MESSAGE_FAULTS, ids=[row[0] for row in MESSAGE_FAULTS])
def test_a_fault_in_a_message_breaks_its_promise(fault: str, promise: str, change: Callable[[Events], Events]) -> None:
    assert promise in found(MESSAGES, encode(change(message()))), fault


def thought(*deltas: tuple[str, str], signature: str = "", stop: str = "end_turn") -> Events:
    """Return a stream with a thinking block of these deltas, then a text."""
    events, closing = message()[:5], message()[9:]
    for _, data in events[1:]:
        data |= {"index": 1} if "index" in data else {}
    closing[0][1]["delta"]["stop_reason"] = stop
    start = {"type": "thinking", "thinking": "", "signature": signature}
    block: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": 0, "content_block": start},
        *[
            {"type": "content_block_delta", "index": 0, "delta": {"type": f"{name}_delta", name: text}}
            for name, text in deltas
        ],
        {"type": "content_block_stop", "index": 0},
    ]
    return [events[0], *[(data["type"], data) for data in block], *events[1:], *closing]


HM, SIGNED = ("thinking", "Hm."), ("signature", "EqQB")

THOUGHTS: list[tuple[str, Events, bool]] = [
    ("signed", thought(HM, HM, SIGNED), True),
    ("signed without a text", thought(SIGNED), True),
    ("signed in its start", thought(signature="EqQB"), True),
    ("cut at max_tokens", thought(HM, stop="max_tokens"), True),
    ("broken off", [*thought(HM)[:3], ("error", {"type": "error", "error": {"type": "x", "message": "x"}})], True),
    ("without an index", [*thought(HM, SIGNED)[:1], ("x", {}), *thought(HM, SIGNED)[1:]], True),
    ("unsigned", thought(HM), False),
    ("signed twice", thought(HM, SIGNED, SIGNED), False),
    ("signed before it ends", thought(HM, SIGNED, HM), False),
]


@pytest.mark.parametrize(("name", "events", "kept"), THOUGHTS, ids=[row[0] for row in THOUGHTS])
def test_a_thinking_block_ends_with_one_signature(name: str, events: Events, kept: bool) -> None:
    assert ("messages-thinking" not in found(MESSAGES, encode(events))) is kept


CHUNK_FAULTS: list[tuple[str, str, Callable[[Events], Events]]] = [
    ("no [DONE]", "chat-done", lambda e: e[:-1]),
    ("two [DONE]", "chat-done", lambda e: [*e, e[-1]]),
    ("after [DONE]", "chat-done", lambda e: [*e, e[1]]),
    ("another id", "chat-one-identity", lambda e: [(None, e[0][1] | {"id": "chatcmpl-2"}), *e[1:]]),
    ("no role", "chat-role-once", lambda e: e[1:]),
    ("role again", "chat-role-once", lambda e: [e[0], *e]),
    ("call without a beginning", "chat-tool-deltas", lambda e: [e[0], *e[2:]]),
    ("call begun twice", "chat-tool-deltas", lambda e: [*e[:2], e[1], *e[2:]]),
    ("arguments lost", "chat-tool-json", lambda e: [*e[:2], *e[3:]]),
    ("no finish", "chat-finish", lambda e: [*e[:3], *e[4:]]),
    ("two finishes", "chat-finish", lambda e: [*e[:4], *e[3:]]),
    ("content after finish", "chat-finish", lambda e: [*e[:4], e[2], e[4]]),
    ("usage unasked", "chat-usage-chunk", lambda e: [*e[:4], (None, e[0][1] | {"choices": []}), e[4]]),
    ("event line", "chat-no-event-line", lambda e: [("chunk", data) for _, data in e]),
    ("another object", "chat-chunk-schema", lambda e: [(None, e[0][1] | {"object": "x"}), *e[1:]]),
]


@pytest.mark.parametrize(("fault", "promise", "change"), CHUNK_FAULTS, ids=[row[0] for row in CHUNK_FAULTS])
def test_a_fault_in_chunks_breaks_its_promise(fault: str, promise: str, change: Callable[[Events], Events]) -> None:
    assert promise in found(CHAT, encode(change(chunks()))), fault


BYTE_FAULTS: list[tuple[str, str, Callable[[bytes], bytes]]] = [
    ("BOM", "sse-charset", lambda raw: sse.BOM + raw),
    ("latin-1", "sse-charset", lambda raw: raw.replace(b"Gr\\u00fc", b"Gr\xfc")),
    ("stray line", "sse-fields", lambda raw: raw.replace(b"\n\n", b"\n\noops\n\n", 1)),
    ("CR alone", "sse-line-ends", lambda raw: raw.replace(b"\n", b"\r")),
    ("last blank line", "sse-last-event", lambda raw: raw[:-1]),
    ("no data", "sse-data", lambda raw: raw.replace(b"\n\n", b"\n\nevent: ping\n\n", 1)),
    ("two documents", "sse-data", lambda raw: raw.replace(b"\n\n", b"\ndata: {}\n\n", 1)),
    ("nothing", "sse-not-empty", lambda raw: b""),
]


@pytest.mark.parametrize(("fault", "promise", "change"), BYTE_FAULTS, ids=[row[0] for row in BYTE_FAULTS])
def test_a_fault_in_the_bytes_breaks_its_promise(fault: str, promise: str, change: Callable[[bytes], bytes]) -> None:
    assert promise in found(MESSAGES, change(encode(message()))), fault


@pytest.mark.parametrize("ended", ["cut", "silent", "endless"])
def test_a_stream_without_an_end_breaks_body_complete(ended: Any) -> None:
    assert "body-complete" in found(CHAT, encode(chunks())[:100], ended=ended)


def test_no_bytes_make_the_parser_raise() -> None:
    for body in (b"", b"\n", b"\r\r\n\n", b"data", b"data:", b"\xff\xfe", b":", b"event\n\n", b"id: 1\n\n"):
        assert sse.parse(body).lone_cr in (True, False)
