"""Reading for people is total: whatever was sent and whatever was answered, it can be listed, told and copied."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.core.actions import Action, Data, End, Head
from tests.attack.bodies import ANY, BODIES, PATHS, encoded
from tests.attack.readers import exchange, failures
from tests.support.properties import examples

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.body"))
"""Bodies that once made a reader raise. `make attack` and a failing property add to them by hand: one file each."""

EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", examples(60)))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_body_that_once_failed_is_read(file: Path, path: str) -> None:
    assert failures(exchange(file.read_bytes(), path)) == {}


@settings(max_examples=EXAMPLES)
@given(BODIES, st.sampled_from(PATHS))
def test_every_refused_request_is_read(body: bytes, path: str) -> None:
    assert failures(exchange(body, path)) == {}


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.one_of(ANY.map(encoded), st.binary(max_size=20)), max_size=4),
    st.sampled_from(["", "message_start", "content_block_delta", "chunk", "done", "comment", "error"]),
    st.sampled_from([0, 200, 402, 500]),
)
def test_every_answer_is_read(payloads: list[bytes], kind: str, status: int) -> None:
    actions: list[Action] = [Head(status, (("content-type", "x"), ("retry-after", "x"), ("Set-Cookie", "a")))]
    actions += [Data(b"event: a\ndata: " + payload + b"\n\n" if kind else payload, kind) for payload in payloads]
    found = exchange(b"{}", "/v1/messages", actions=(*actions, End()), status=status, frames=len(payloads))
    assert failures(found) == {}


HELLO = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}'


@settings(max_examples=EXAMPLES)
@given(
    ANY,
    ANY,
    st.sampled_from(["content", "choices", "delta", "error", "content_block", "message"]),
    st.sampled_from(["", "content_block_delta"]),
)
def test_every_answer_near_the_wires_is_read(value: object, other: object, name: str, kind: str) -> None:
    shapes = (
        {name: value},
        {name: {"type": "tool_use", "partial_json": "{", "name": value}, "index": other},
        {name: [{"delta": {"tool_calls": [{"index": value, "id": other}]}}]},
        {name: [value, other]},
        {name: [{"type": "tool_use", "input": value, "name": other, "id": other, "text": value}]},
        {name: [{"delta": value, "message": other}, {"delta": {"tool_calls": [value, {"function": other}]}}]},
        {name: {"tool_calls": value, "text": other, "partial_json": other, "message": value}},
    )
    for shape in shapes:
        payload = encoded(shape)
        data = Data(b"data: " + payload + b"\n\n" if kind else payload, kind)
        found = exchange(HELLO, "/v1/messages", actions=(Head(200), data, End()), status=200, frames=1)
        assert failures(found) == {}, shape
