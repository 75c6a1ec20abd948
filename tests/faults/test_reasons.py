"""Why a fault has no effect on an answer: the reason says what the fault looked for."""

import re

import pytest
import yaml
from pydantic import JsonValue

from mockserver.core.actions import Wait
from mockserver.faults import NoEffectError
from mockserver.faults.answers import body_of, header_of
from tests.support.fault_answers import FAILURE, REPLY, TEXT, bend, healthy

A_STREAM, O_STREAM, A_WHOLE, O_WHOLE = "anthropic stream", "openai stream", "anthropic whole", "openai whole"
DIGITS = """
  - reply: [{tool_use: {name: add, id: toolu_1, input: {"1": 2}}}]
    times: always
"""
TWO_TEXTS = """
  - reply: [one two, three four]
    times: always
"""

REASONS = [
    # faults, form, reply, reason
    ("[{arguments: split_escape}]", A_STREAM, DIGITS, "the arguments have no letter to escape"),
    ("[{arguments: truncated}]", A_WHOLE, TEXT, "the answer has no tool call"),
    ("[{arguments: surrogates}]", O_STREAM, DIGITS, "no character beyond U+FFFF is there to be cut, such as an emoji"),
    ("[{status: 200}]", O_WHOLE, REPLY, "the answer has the status 200 anyway"),
    ("[{body: html}, malformed_json]", O_WHOLE, REPLY, "the answer has no JSON"),
    ("[{malformed_json: done}]", O_STREAM, REPLY, "event done has no JSON"),
    ("[{close: headers}, {status: 201}]", O_WHOLE, REPLY, "the connection ends before the headers"),
    ("[{content_length: 0}]", O_WHOLE, REPLY, "by 0 is the right length"),
    ("[{cut: end}]", O_STREAM, REPLY, "the answer ends there anyway"),
    ("[{cut: headers}]", O_STREAM, REPLY, "a proper end needs headers; use close for none"),
    ("[{malformed_chunk: headers}]", O_STREAM, REPLY, "there are no chunks before the headers"),
    ("[{max_tokens: 900}]", O_STREAM, REPLY, "the answer has only 9 deltas"),
    ("[xml_artefact]", A_STREAM, TWO_TEXTS, "the answer has several blocks of text"),
    ("[{status: 204}, bom]", O_WHOLE, REPLY, "the answer has no body"),
    ("[{status: 204}, jitter]", O_WHOLE, REPLY, "the answer has no body"),
    ("[{status: 204}, gzip]", O_WHOLE, REPLY, "the answer has no body"),
    ("[{comments: 1000}, {comments: 1000}]", A_STREAM, REPLY, "the answer would have more than 100000 frames"),
    ("[{large_event: done}]", O_STREAM, REPLY, "event done has no JSON"),
    ("[minimal]", O_WHOLE, FAILURE, "the answer is no message"),
    ("[reasoning]", O_WHOLE, FAILURE, "the answer is an error, or has no JSON"),
    ("[stream_for_json]", O_WHOLE, FAILURE, "the answer is no message"),
    ("[{error_event: headers}]", O_STREAM, REPLY, "an error before the headers is no event; use error"),
    ("[{swap: done}]", O_STREAM, REPLY, "no event comes after that one"),
    ("[{drop: usage}, {usage: in_finish}]", O_STREAM, REPLY, "the answer has no usage (an OpenAI stream has it when"),
    ("[cr, crlf_split]", O_STREAM, REPLY, "no line ends with LF"),
    ("[{unknown: {what: block}}]", O_STREAM, REPLY, "the OpenAI wire has no kinds of block"),
]


@pytest.mark.parametrize(("faults", "form", "reply", "reason"), REASONS, ids=[f"{row[0]}-{row[1]}" for row in REASONS])
def test_a_fault_without_effect_says_what_it_looked_for(faults: str, form: str, reply: str, reason: str) -> None:
    *before, last = yaml.safe_load(faults)
    actions = bend(before, healthy(reply)[form], form)
    with pytest.raises(NoEffectError, match="^" + re.escape(reason)):
        bend(last, actions, form)


@pytest.mark.parametrize(("form", "words"), [(A_STREAM, b'"input_tokens":0'), (O_WHOLE, b'"total_tokens":0')])
def test_usage_can_be_zero(form: str, words: bytes) -> None:
    usage: JsonValue = {"usage": "zero"}
    assert words in body_of(bend(usage, healthy()[form], form))


@pytest.mark.parametrize("before", ["because", None])
def test_the_other_dialects_word_for_an_unknown_stop_reason_is_stop(before: str | None) -> None:
    odd: JsonValue = [{"finish": before}, {"finish": "other_dialect"}]
    assert b'"finish_reason":"stop"' in body_of(bend(odd, healthy()[O_WHOLE], O_WHOLE))


def test_framing_by_chunks_takes_the_length_away() -> None:
    assert header_of(bend({"framing": "chunks"}, healthy()[O_WHOLE], O_WHOLE), "content-length") is None


def test_a_truncated_body_comes_without_its_waits() -> None:
    slow = bend([{"slow": "1s"}, {"gzip": "truncated"}], healthy()[O_STREAM], O_STREAM)
    assert not any(isinstance(action, Wait) for action in slow)
