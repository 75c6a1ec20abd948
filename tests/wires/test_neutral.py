"""Answers in neutral words: what a wire renders, `reply_of` reads back, whole and streamed."""

import orjson
import pytest

from mockserver.core.conversation import Conversation, Reply, ReplyBlock, Stop, Text, Thinking, ToolUse, Usage
from mockserver.wires import WIRES
from mockserver.wires.sse import split
from mockserver.wires.wire import Wire

USAGE = Usage(input=120, output=30, thinking=10, cache_read=64, cache_write=16, caches=True)
CALL = ToolUse("search", {"query": "Oslo"}, "call_1")
REPLIES: list[tuple[tuple[ReplyBlock, ...], Stop]] = [
    ((Text("Hello."),), "end_turn"),
    ((Text("Hel"),), "max_tokens"),
    ((Thinking("Hm.", "sig"), Text("Hello."), CALL), "tool_use"),
    ((Text("I cannot.", is_refusal=True),), "refusal"),
    ((CALL, ToolUse("other", {}, "call_2")), "tool_use"),
]
CUSTOM = {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "ls"}
ODD: list[tuple[str, dict[str, object], tuple[ReplyBlock, ...]]] = [
    ("anthropic", {"content": [{"type": "server_tool_use", "name": "web_search"}]}, ()),
    (
        "openai",
        {"choices": [{"message": {"tool_calls": [{"id": "c", "custom": {"name": "sh", "input": "ls"}}]}}]},
        (ToolUse("sh", {"input": "ls"}, "c", is_custom=True),),
    ),
    (
        "openai_responses",
        {
            "output": [
                {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "ls"},
                {"type": "web_search_call"},
            ]
        },
        (ToolUse("sh", {"input": "ls"}, "c", is_custom=True),),
    ),
]
"""What a wire says beside texts, thinking and calls of functions: custom calls are read, other blocks left out."""

each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=list(WIRES))
each_reply = pytest.mark.parametrize(("blocks", "stop"), REPLIES)


def reply(blocks: tuple[ReplyBlock, ...], stop: Stop) -> Reply:
    return Reply(id="1", model="m", created=1, blocks=blocks, stop=stop, usage=USAGE)


def unsigned(blocks: tuple[ReplyBlock, ...]) -> tuple[ReplyBlock, ...]:
    """Return blocks without signatures, which not every wire sends."""
    return tuple([Thinking(block.text) if isinstance(block, Thinking) else block for block in blocks])


@each_wire
@each_reply
def test_a_whole_answer_is_read_back(wire: Wire, blocks: tuple[ReplyBlock, ...], stop: Stop) -> None:
    read = wire.reader.reply_of(orjson.loads(wire.whole(reply(blocks, stop))))
    assert (unsigned(read.blocks), read.stop) == (unsigned(blocks), stop)


@each_wire
@each_reply
def test_a_stream_is_read_back(wire: Wire, blocks: tuple[ReplyBlock, ...], stop: Stop) -> None:
    conversation = Conversation(model="m", messages=(), body={}, stream=True, include_usage=True)
    frames = wire.frames(reply(blocks, stop), "word", conversation)
    events = [orjson.loads(split(frame.payload)[1]) for frame in frames if frame.event != "done"]
    read = wire.reader.reply_of(wire.reader.whole_of(events))
    assert (unsigned(read.blocks), read.stop) == (unsigned(blocks), stop)


@each_wire
def test_the_usage_is_read_back(wire: Wire) -> None:
    usage = wire.reader.reply_of(orjson.loads(wire.whole(reply((Text("Hello."),), "end_turn")))).usage
    assert usage is not None
    assert (usage.input, usage.output, usage.cache_read, usage.cache_write, usage.thinking) == (120, 30, 64, 16, 10)


@each_wire
@pytest.mark.parametrize("body", [{}, {"choices": 1, "content": 2, "output": 3}, {"choices": [{}], "usage": 5}])
def test_a_body_that_says_nothing_is_an_empty_reply(wire: Wire, body: dict[str, object]) -> None:
    assert wire.reader.reply_of(body) == ((), None, None)


@pytest.mark.parametrize(("wire", "body", "blocks"), ODD)
def test_custom_calls_are_read_and_unknown_blocks_left_out(
    wire: str, body: dict[str, object], blocks: tuple[ReplyBlock, ...]
) -> None:
    assert WIRES[wire].reader.reply_of(body).blocks == blocks


def test_a_piece_of_a_custom_call_is_read_from_a_chunk() -> None:
    chunk: dict[str, object] = {
        "choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "custom": {"name": "sh", "input": "l"}}]}}]
    }
    assert list(WIRES["openai"].reader.call_deltas(chunk)) == [(0, ("c", "sh", "l"))]


def test_parts_of_a_response_that_are_no_text_are_left_out() -> None:
    body: dict[str, object] = {
        "output": [
            {"type": "message", "content": [{"type": "output_audio"}, {"type": "output_text", "text": "Hello."}]},
            {"type": "reasoning", "summary": [{"type": "summary_image"}, {"type": "summary_text", "text": "Hm."}]},
        ]
    }
    reader = WIRES["openai_responses"].reader
    assert (list(reader.texts(body)), list(reader.thinking(body))) == (["Hello."], ["Hm."])
