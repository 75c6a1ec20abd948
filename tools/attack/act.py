"""What an act is: it attacks a server of its own, and says one line: its figures, and what failed."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tools.attack.mock import Mock, Readings
from tools.attack.pulse import Bystander, bystander

GROWTH = 40.0
"""MB by which memory may grow in an act, beyond what the act says that it fills."""
SPARE = 8
"""Descriptors and tasks that may be more than before the act; a control client and the bystander have some."""


class Notes:
    """What an act found: figures for its line, and failures."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.figures: list[str] = []
        self.failures: list[str] = []

    def figure(self, text: str) -> None:
        """Add a figure."""
        self.figures.append(text)

    def check(self, holds: bool, failure: str) -> None:
        """Add a failure unless something holds."""
        if not holds:
            self.failures.append(failure)

    @contextmanager
    def watched(self, mock: Mock, *, fills: float = 0.0) -> Iterator[Bystander]:
        """Yield a bystander; afterwards nobody was held up, and the server holds no more than before.

        `fills` are the MB that the act may fill, such as the journal.
        """
        before = mock.readings()
        with bystander(mock.port) as watching:
            yield watching
        self.figure(str(watching))
        self.check(not watching.is_held_up, "another caller was held up")
        self._check_rest(mock, before, fills)

    def _check_rest(self, mock: Mock, before: Readings, fills: float) -> None:
        """Check that the server is alive and has let go of everything, within some seconds."""
        if not mock.is_alive():
            self.failures.append("the server has ended")
            return
        until = time.monotonic() + 8
        after = mock.readings()
        while time.monotonic() < until and not _is_flat(before, after, fills):
            time.sleep(0.2)
            after = mock.readings()
        self.figure(f"rest: {after} (before: {before})")
        self.check(_is_flat(before, after, fills), "memory, descriptors or tasks are not flat")


def _is_flat(before: Readings, after: Readings, fills: float) -> bool:
    return (
        after.rss <= before.rss + GROWTH + fills
        and after.descriptors <= before.descriptors + SPARE
        and 0 <= after.tasks <= before.tasks + SPARE
    )


class Act(NamedTuple):
    """One way to attack: its name, what it does, and how."""

    name: str
    about: str
    run: Callable[[Notes], None]
