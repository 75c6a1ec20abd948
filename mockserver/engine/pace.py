"""Pace: how fast an answer comes, as waits between its actions.

In a stream everything up to and including the first delta is due at `first`, each further delta one interval (1/rate)
later, changed by up to `jitter` of itself; the closing frames come with the last delta. A whole answer takes as long as
its stream would have taken, and then comes at once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mockserver.core.actions import Action, Actions, Data, Head, Wait
from mockserver.core.rng import Rng
from mockserver.wires import DELTAS

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Pace


def paced(actions: Actions, pace: "Pace", deltas: Callable[[], int], rng: Rng) -> Actions:
    """Return the same actions with waits. `deltas` counts the deltas that the reply has as a stream."""
    is_stream = any(isinstance(action, Data) and action.event for action in actions)
    return tuple(_stream(actions, pace, rng) if is_stream else _whole(actions, pace, deltas, rng))


def _interval(pace: "Pace", rng: Rng) -> float:
    if pace.interval is not None:
        seconds = pace.interval.draw(rng)
    elif pace.rate is not None:
        seconds = 1.0 / pace.rate
    else:
        return 0.0
    return seconds * (1.0 + pace.jitter * (2.0 * rng.unit() - 1.0)) if pace.jitter else seconds


def _stream(actions: Actions, pace: "Pace", rng: Rng) -> Iterator[Action]:
    for action in with_intervals(actions, lambda: _interval(pace, rng)):
        if isinstance(action, Head) and (first := pace.first.draw(rng)):
            yield Wait(first)
        yield action


def with_intervals(actions: Iterable[Action], interval: Callable[[], float]) -> Iterator[Action]:
    """Yield the same actions with a wait of an `interval` before each delta but the first."""
    started = False
    for action in actions:
        if isinstance(action, Data) and action.event in DELTAS:
            if started and (seconds := interval()):
                yield Wait(seconds)
            started = True
        yield action


def _whole(actions: Actions, pace: "Pace", deltas: Callable[[], int], rng: Rng) -> Iterator[Action]:
    duration = pace.first.draw(rng)
    if pace.has_interval:
        duration += sum([_interval(pace, rng) for _ in range(deltas() - 1)])
    if duration:
        yield Wait(duration)
    yield from actions
