"""An earlier run, read from its JSON report: what to compare with, and what to ask again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.core.errors import OperatorError
from mockserver.gate.results import RunResults


@dataclass(frozen=True)
class PreviousRun:
    """When a run began, how it was made, and the state of each promise."""

    began: str
    profile: str
    seed: int
    states: Mapping[str, str]

    def of(self, *states: str) -> list[str]:
        """Return the promises in these states."""
        return [name for name, state in self.states.items() if state in states]


def read(file: Path) -> PreviousRun:
    """Return the run of a report. Raises `OperatorError` if the file is none that `--json` wrote."""
    try:
        report: Any = json.loads(file.read_text(encoding="utf-8"))
        states = {str(entry["name"]): str(entry["state"]) for entry in report["promises"]}
        return PreviousRun(str(report["began"]), str(report["profile"]), int(report["seed"]), states)
    except OSError as error:
        raise OperatorError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError):
        raise OperatorError(f"{file}: expected a report that --json wrote") from None


@dataclass(frozen=True)
class Trend:
    """What changed since an earlier run: promises broken now that were not, kept again, and no longer examined."""

    since: str
    broken: tuple[str, ...]
    healed: tuple[str, ...]
    lost: tuple[str, ...]

    def __str__(self) -> str:
        parts = (("newly broken", self.broken), ("kept again", self.healed), ("no longer examined", self.lost))
        told = [f"{len(names)} {words} ({', '.join(names)})" for words, names in parts if names]
        return f"Since {self.since}: {'; '.join(told) or 'no change'}."


def trend(previous: PreviousRun, results: RunResults) -> Trend:
    """Return what changed since an earlier run."""

    def now(*states: str) -> set[str]:
        return {name for name, entry in results.entries.items() if entry.state in states}

    def both(before: list[str], after: set[str]) -> tuple[str, ...]:
        return tuple(name for name in before if name in after)

    was_broken = previous.of("broken", "accepted")
    others = [name for name in previous.states if name not in was_broken]
    return Trend(
        previous.began,
        both(others, now("broken")),
        both(was_broken, now("kept")),
        both(previous.of("kept", "broken", "accepted"), now("not examined", "error")),
    )
