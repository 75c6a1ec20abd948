"""A mistake in a scenario, and how checks report one."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
AddProblem: TypeAlias = Callable[[Path, str], None]
"""Reports a mistake: its path in the scenario, and the message."""


class ScenarioProblem(NamedTuple):
    """A mistake in a scenario: its path in the file, and a message with the remedy."""

    path: Path
    message: str
