"""Faults over an answer that arrives: in the end the same bytes as over the whole answer, and no event held in vain."""

import pytest

from mockserver.core.actions import Action, Actions, Close, Data, End, Head, Reset, Wait
from mockserver.core.rng import Rng
from mockserver.faults import FAULTS, Context, WaitingFault, apply_faults, apply_waiting, compile_fault
from mockserver.faults.arriving import FaultedAnswer
from mockserver.wires import WIRES
from tests.support.engine import MESSAGES, Talk, turns

WIRE = WIRES["anthropic"]


def stream(reply: str = "one two three four") -> Actions:
    """Return the actions of a healthy stream."""
    return Talk(turns(f"  - {{reply: {reply}, pace: {{chunk: word}}}}\n")).say(MESSAGES, stream=True).actions


def laid(*faults: object) -> list[WaitingFault]:
    compiled = [compile_fault(fault) for fault in faults]  # type: ignore[arg-type]  # spellings of a file
    return [WaitingFault(fault, Context(Rng("test", number), 0.0, WIRE)) for number, fault in enumerate(compiled)]


def arriving(actions: Actions, faults: list[WaitingFault]) -> list[Actions]:
    """Return what goes out after each arrival."""
    answer = FaultedAnswer(faults)
    pieces = [action for action in actions if isinstance(action, Head | Data)]
    return [*[answer.add(piece) for piece in pieces], answer.finish(End())]


def at_once(actions: Actions, faults: list[WaitingFault]) -> Actions:
    applied = apply_faults(actions, [late.fault for late in faults], lambda number: faults[number].context)
    return apply_waiting(applied.actions, applied.waiting)[0]


NAMES = sorted(FAULTS)


@pytest.mark.parametrize(
    "reply", ["one two three four", "[{thinking: Hm hm hm.}, Well well, {tool_use: {name: look, input: {city: Oslo}}}]"]
)
@pytest.mark.parametrize("name", NAMES)
def test_each_fault_gives_the_bytes_that_it_gives_over_the_whole_stream(name: str, reply: str) -> None:
    spelling = FAULTS[name].spelling
    actions = tuple([action for action in stream(reply) if not isinstance(action, Wait)])
    out = [action for part in arriving(actions, laid(spelling)) for action in part]
    whole = list(at_once(actions, laid(spelling)))
    assert out == whole or _is_cut_short(out, whole)


def _is_cut_short(out: list[Action], whole: list[Action]) -> bool:
    """Return whether an answer ended where its fault ended it, before the rest could change it."""
    return bool(out) and out == whole[: len(out)] and isinstance(out[-1], Close | Reset | End)


def test_an_event_goes_out_with_its_arrival_where_the_fault_lies_elsewhere() -> None:
    parts = arriving(stream(), laid({"stall": {"at": 3, "for": "5s"}}))
    counts = [sum([isinstance(action, Data) for action in part]) for part in parts]
    assert counts == [0, *[1] * (len(parts) - 2), 0]


def test_a_fault_that_needs_the_next_event_holds_one_back() -> None:
    parts = arriving(stream(), laid({"swap": 3}))
    counts = [sum([isinstance(action, Data) for action in part]) for part in parts]
    assert counts[:6] == [0, 1, 1, 0, 2, 1]


def test_what_breaks_off_is_over_at_once() -> None:
    answer = FaultedAnswer(laid({"close": {"at": 3}}))
    head, *events = [action for action in stream() if isinstance(action, Head | Data)]
    answer.add(head)
    sent = [answer.add(event) for event in events[:4]]
    assert [type(action) for part in sent for action in part] == [Head, Data, Data, Close]
    assert answer.is_over
    assert answer.finish(End()) == ()


def test_a_whole_body_in_pieces_is_faulted_when_it_is_whole() -> None:
    answer = FaultedAnswer(laid("truncated_json"))
    body: list[Head | Data] = [Head(200, (("content-length", "10"),)), Data(b'{"a": '), Data(b"123}")]
    assert [answer.add(action) for action in body] == [(), (), ()]
    [_, data, *_] = answer.finish(End())
    assert isinstance(data, Data)
    assert len(data.payload) < 10


def test_a_fault_without_effect_says_why_at_the_end() -> None:
    answer = FaultedAnswer(laid({"close": {"at": 99}}))
    for action in stream():
        if isinstance(action, Head | Data):
            answer.add(action)
    answer.finish(End())
    assert len(answer.idle) == 1
