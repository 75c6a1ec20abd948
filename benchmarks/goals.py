"""The goals: what the mock has to reach, each beside a baseline that is measured in the same run.

A goal limits the ratio to its baseline, or the mock's own value where the limit is one of a user (a start, a memory).
Ratios hold from run to run and from machine to machine, values do not. So figures of two runs are compared by their
ratios wherever there is a baseline.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

WORSE = 1.15
"""Factor by which a ratio may be worse than the committed one."""


class Sense(Enum):
    """Whether small or large numbers are good."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


class Goal(NamedTuple):
    """One row of the table. `of_ratio` says whether the limit is one of the ratio or of the mock's own value."""

    key: str
    work: str
    unit: str
    baseline: str
    limit: float
    of_ratio: bool = True
    sense: Sense = Sense.AT_MOST
    noise: float = 0.0
    """Difference that means nothing, for figures near zero."""

    @property
    def subject(self) -> str:
        """The measurement that gives this row."""
        return self.key.partition(".")[0]


class Figure(NamedTuple):
    """What was measured for a goal: the mock's value, its baseline's, and their ratio."""

    mock: float
    baseline: float | None = None
    ratio: float | None = None


Figures = Mapping[str, Figure]
"""Key of a goal -> its figure. A row that was not measured is missing."""

_MOST, _LEAST = Sense.AT_MOST, Sense.AT_LEAST

GOALS: Sequence[Goal] = (
    Goal("whole.cpu", "whole answer, 16 connections", "CPU µs a request", "bare uvicorn", 1.5),
    Goal("whole.rate", "whole answer, 16 connections", "requests/s", "aimock", 2.5, sense=_LEAST),
    Goal("whole.p99", "whole answer, 64 connections", "ms, p99", "bare uvicorn", 2.0),
    Goal("streams.cpu", "unpaced stream of 50 deltas", "CPU µs an event", "bare uvicorn, one send", 1.0, False),
    Goal("streams.rate", "unpaced stream of 50 deltas", "streams/s", "aimock", 4.0, sense=_LEAST),
    Goal("paced.late", "1,000 paced streams", "ms late, p99", "bare uvicorn", 1.2),
    Goal("paced.cpu", "1,000 paced streams", "CPU µs an event", "bare uvicorn", 0.8),
    Goal("paced.ended", "2,000 paced streams", "% complete", "bare uvicorn", 100.0, False, _LEAST),
    Goal("paced.drift", "2,000 paced streams", "ms of drift, p99", "bare uvicorn", 100.0, False),
    Goal("paced.first", "2,000 paced streams", "ms, first event late, p99", "bare uvicorn", 1.0),
    Goal("paced.memory", "an open stream, at 500", "KB", "bare uvicorn", 12.0, False, noise=1.0),
    Goal("memory.growth", "after 20,000 × 287 B, then × 10 KB", "MB grown", "", 20.0, False, noise=2.0),
    Goal("memory.after", "after 10,000 × 10 KB more", "MB grown", "", 1.0, False, noise=2.0),
    Goal("start.first", "start to the first 200", "ms", "aimock", 1.0),
    Goal("start.idle", "idle memory", "MB", "bare uvicorn", 45.0, False),
    Goal("beyond.tools", "a tool call", "CPU µs a request", "plain answer", 1.3),
    Goal("beyond.error", "a scripted 429", "CPU µs a request", "plain answer", 1.3),
    Goal("beyond.history", "a history of 200 messages", "CPU µs a request", "plain answer", 1.3),
    Goal("beyond.turns", "a scenario of 1,000 turns", "CPU µs a request", "plain answer", 1.3),
    Goal("beyond.chaos", "a chaos profile", "CPU µs a request", "plain answer", 1.3),
    Goal("beyond.account", "an account", "CPU µs a request", "plain answer", 1.3),
    Goal("matching.regex", "1,000 regex rules", "CPU µs a step", "ten rules", 2.0),
    Goal("fixture.import", "the fixture's import", "ms", "pytest-httpserver", 150.0, False),
    Goal("fixture.first", "the first test after it", "ms", "pytest-httpserver", 30.0, False),
    Goal("fixture.later", "a further test, beyond its request", "ms", "its request", 0.3, False),
    Goal("fixture.built", "a built 429 and reply, beyond requests", "ms", "its 2 requests", 0.5, False),
    Goal("store.redis", "one worker on Redis", "requests/s", "in memory", 0.5, sense=_LEAST),
)


def judged(goal: Goal, figure: Figure) -> float:
    """Return the number that the goal limits."""
    return figure.ratio if goal.of_ratio and figure.ratio is not None else figure.mock


def is_met(goal: Goal, figure: Figure) -> bool:
    """Return whether a figure reaches its goal."""
    number = judged(goal, figure)
    return number <= goal.limit if goal.sense is Sense.AT_MOST else number >= goal.limit


def distance(goal: Goal, figure: Figure) -> float:
    """Return how many times worse than its goal a figure is: 1 is the goal itself, 0.5 twice as good."""
    number = max(judged(goal, figure), 1e-9)
    return number / goal.limit if goal.sense is Sense.AT_MOST else goal.limit / number


def is_worse(goal: Goal, now: Figure, then: Figure) -> bool:
    """Return whether a figure is worse than an earlier one by more than a measurement's error."""
    by_ratio = now.ratio is not None and then.ratio is not None
    new, old = (figure.ratio if by_ratio and figure.ratio is not None else figure.mock for figure in (now, then))
    if abs(new - old) <= goal.noise:
        return False
    return new > old * WORSE if goal.sense is Sense.AT_MOST else new < old / WORSE


def worse(now: Figures, then: Figures) -> list[Goal]:
    """Return the goals of rows that both runs have and that became worse, in the table's order."""
    both = [goal for goal in GOALS if goal.key in now and goal.key in then]
    return [goal for goal in both if is_worse(goal, now[goal.key], then[goal.key])]
