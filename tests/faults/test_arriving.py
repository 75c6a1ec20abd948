"""Faults over an answer that arrives: in the end the same bytes as over the whole answer, and no event held in vain."""

import pytest

from mockserver.core.actions import Action, Actions, Close, Data, End, Head, Reset, Wait
from mockserver.core.rng import Rng
from mockserver.faults import FAULTS, Context, WaitingFault, apply_faults, apply_waiting
from mockserver.faults.arriving import FaultedAnswer
from mockserver.faults.compile import compile_fault
from mockserver.wires import WIRES
from tests.support.engine import CHAT, MESSAGES, Talk, turns

WIRE = WIRES["anthropic"]


def stream(reply: str = "one two three four", path: str = MESSAGES) -> Actions:
    """Return the actions of a healthy stream."""
    return Talk(turns(f"  - {{reply: {reply}, pace: {{chunk: word}}}}\n")).say(path, stream=True).actions


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


PLACES = (1, 2, 5, "delta", "delta 3", "message_delta", "end", "headers", "stop")
LISTS: list[list[object]] = [
    [{"duplicate": 3}, {"stall": {"at": 5, "for": "5s"}}],
    [{"pings": {"count": 2, "at": 2}}, {"swap": 6}, "crlf"],
    [{"close": {"after": 700}}],
    [{"close": {"after": 0}}],
    ["crlf", "no_event_line", {"malformed_json": 4}],
    ["no_ping", {"drop": "content_block_start"}, {"duplicate": "delta 2"}],
]
LISTS += [[{"stall": {"at": at, "for": "5s"}}] for at in PLACES]
LISTS += [[{"close": {"at": at}}] for at in PLACES]
LISTS += [[{name: at}] for name in ("duplicate", "swap", "malformed_json") for at in PLACES[:6]]

LOCAL: list[object] = [
    *({"stall": {"at": 150, "for": "5s"}}, {"duplicate": "delta 100"}, {"swap": 3}, "crlf"),
    *({"close": {"at": 150}}, {"close": {"after": 9_000}}, {"close": {"at": "end"}}),
]


@pytest.mark.parametrize("faults", LISTS, ids=str)
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_lists_of_faults_give_the_bytes_that_they_give_over_the_whole_stream(faults: list[object], path: str) -> None:
    actions = tuple([action for action in stream(path=path) if not isinstance(action, Wait)])
    out = [action for part in arriving(actions, laid(*faults)) for action in part]
    whole = list(at_once(actions, laid(*faults)))
    assert out == whole or _is_cut_short(out, whole)


@pytest.mark.parametrize("fault", LOCAL, ids=str)
def test_a_long_stream_costs_what_its_events_cost(fault: object) -> None:
    [late] = laid(fault)
    seen = 0

    def counting(actions: Actions, parameters: object, context: Context) -> Actions:
        nonlocal seen
        seen += len(actions)
        return late.fault.fault.apply(actions, parameters, context)

    counted = late.fault._replace(fault=late.fault.fault._replace(apply=counting))
    actions = stream(" ".join(["word"] * 400))
    arriving(actions, [late._replace(fault=counted)])
    assert seen < 10 * len(actions)


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
