"""Parallel tool calls whose deltas come in turns.

Why: nothing promises that one call is complete before the next begins. A client that keeps one call at a time mixes
their arguments.

In a scenario:

    faults: [interleaved]
"""

from collections.abc import Mapping

from mockserver.core.actions import Action, Actions, Data
from mockserver.faults.answers import document, need_stream
from mockserver.faults.fault import Context, Fault, NoEffectError, Nothing


def interleaved(actions: Actions, parameters: Nothing, context: Context) -> Actions:
    """Return the stream with all calls started first, then one piece of each in turns, then all of them stopped."""
    need_stream(actions)
    calls: dict[int, list[Data]] = {}
    places: set[int] = set()
    blocks: set[int] = set()
    for place, action in enumerate(actions):
        index = _call_index(action, blocks)
        if index is not None and isinstance(action, Data):
            calls.setdefault(index, []).append(action)
            places.add(place)
    if len(calls) < 2:
        raise NoEffectError("the answer has no two tool calls")
    mixed = iter(_in_turns(calls))
    return tuple([next(mixed) if place in places else action for place, action in enumerate(actions)])


def _in_turns(calls: Mapping[int, list[Data]]) -> list[Data]:
    """Return the events of all calls. An event that stops a call (Anthropic) stays behind the pieces of every call."""
    starts = [events[0] for events in calls.values()]
    stops = [events[-1] for events in calls.values() if events[-1].event == "content_block_stop"]
    bodies = [events[1:-1] if stops else events[1:] for events in calls.values()]
    turns = [events[turn] for turn in range(max(map(len, bodies))) for events in bodies if turn < len(events)]
    return [*starts, *turns, *stops]


def _call_index(action: Action, blocks: set[int]) -> int | None:
    """Return the index of the call that an event belongs to, or None. `blocks` collects the blocks that are calls."""
    body = document(action) or {}
    if isinstance(action, Data) and action.event == "tool_call":
        index: int = body["choices"][0]["delta"]["tool_calls"][0].get("index") or 0
        return index
    if (body.get("content_block") or {}).get("type") == "tool_use":
        blocks.add(body["index"])
    return body["index"] if body.get("index") in blocks else None


FAULT = Fault(
    name="interleaved",
    group="calls",
    doc=__doc__,
    source="measured: parallel_interleaved",
    apply=interleaved,
)
