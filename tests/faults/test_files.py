"""Faults in scenario files: those without effect are refused at load, with their place and the reason."""

import pytest

from mockserver.files import loader
from mockserver.files.dry_run import dry_run
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import Talk, contract, turns

AFTER = "has no effect after the faults that act before it: "
REFUSED = [
    (
        "[{reset: {at: 40}}]",
        0,
        "has no effect: the answer has 9 events, so none is number 40 (messages, streamed); "
        "the answer has 6 events, so none is number 40 (chat, streamed); "
        "the answer has 7 events, so none is number 40 (chat, streamed with include_usage); "
        "the answer is not a stream (messages, complete; chat, complete)",
    ),
    (
        "[{reset: {at: delta 4}}]",
        0,
        "has no effect: the answer has 3 events of the kind delta, so none is number 4 (messages, streamed; "
        "chat, streamed; chat, streamed with include_usage); ",
    ),
    ("[interleaved]", 0, "has no effect: the answer has no two tool calls"),
    ("[{tool_index: zero}]", 0, "has no effect: "),
    ("[{reset: {at: 5}}, {stall: {at: 7, for: 5s}}]", 1, AFTER),
    ("[{cut: 3}, {close: end}, {hang: end}]", 2, AFTER),
    ("[crlf_split, gzip]", 0, AFTER + "the body is compressed"),
    ("[one_write, {slow: {interval: 5ms}}]", 0, "has no effect: the answer comes in one write anyway"),
    ("[crlf, one_write]", 1, "has no effect: the answer comes in one write anyway"),
    (
        "[{reset: 3}, {framing: close}, {malformed_chunk: end}]",
        2,
        AFTER,
    ),
]

ACCEPTED = [
    "[{stall: {at: 3, for: 5s}}, {reset: {at: 5}}]",
    "[{quirk: no_content_block_start}, {quirk: crlf}]",
    "[crlf, one_byte_per_write]",
    "[one_byte_per_write, {swap: 2}]",
    "[{usage: each_chunk}]",
    "[{error_event: {at: 3, then: close}}, bom]",
    "[{reset: {after: 100}}]",
    "[no_content_block_start, no_done]",
    "[{slow: {interval: 5ms}}, one_write]",
    "[{stall: {at: 3, for: 5s}}, one_write]",
]


def complaints(faults: str) -> list[tuple[tuple[str | int, ...], str]]:
    text = f"scenario: test\nturns:\n  - reply: one two three\n    faults: {faults}\n"
    script, problems = compile_scenario(loader.parse(text.encode(), "test.yaml").scenario, contract())
    assert problems == []
    return [(complaint.path, complaint.message) for complaint in dry_run(script, contract())]


@pytest.mark.parametrize(("faults", "number", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_fault_without_effect_is_refused_with_the_reason(faults: str, number: int, reason: str) -> None:
    problems = complaints(faults)
    assert [path for path, _ in problems] == [("turns", 0, "faults", number)]
    assert problems[0][1].startswith(reason)


@pytest.mark.parametrize("faults", ACCEPTED)
def test_faults_that_act_on_some_form_of_the_answer_are_accepted(faults: str) -> None:
    assert complaints(faults) == []


def test_an_idle_fault_is_noted_when_it_happens() -> None:
    talk = Talk(turns("  - reply: one two three\n    faults: [{reset: 9}, crlf]\n    times: always\n"))
    assert talk.say(stream=False).note.idle_faults == ("the answer is not a stream", "the answer is not a stream")
    assert talk.say(stream=True).note.idle_faults == ()
