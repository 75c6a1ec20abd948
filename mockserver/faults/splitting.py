"""Cutting events into several writes. Faults that do so say it with their stage, and act last."""

from collections.abc import Sequence
from itertools import pairwise

from mockserver.core.actions import Action, Actions, Data, Wait
from mockserver.faults.compiled import NoEffectError

MOST_PIECES = 100_000
"""More writes than this are a mistake in the file, and would hold the server's loop for seconds."""


def cut_up(actions: Actions, size: int, seconds: float) -> Actions:
    """Return the same bytes in pieces of this size, with a wait before each piece but the first."""
    if sum([len(action.payload) for action in actions if isinstance(action, Data)]) > size * MOST_PIECES:
        raise NoEffectError(f"the answer would have more than {MOST_PIECES} pieces")
    after: list[Action] = []
    started = False
    for action in actions:
        if not isinstance(action, Data):
            after.append(action)
            continue
        for piece in pieces(action, range(size, len(action.payload), size)):
            if started:
                after.append(Wait(seconds))
            after.append(piece)
            started = True
    if not started:
        raise NoEffectError("the answer has no body")
    return tuple(after)


def pieces(action: Data, cuts: Sequence[int]) -> list[Data]:
    """Return a frame cut at these offsets. The first piece keeps its kind, so that events are still counted right."""
    edges = [0, *cuts, len(action.payload)]
    return [
        Data(action.payload[start:end], action.event if start == 0 else "")
        for start, end in pairwise(edges)
        if end > start
    ]
