"""Grades, for readers who do not know the promises: one for each theme, and one for the run.

A grade needs half of the promises examined. A: nothing broken and nine tenths examined; B: nothing broken; C, D, E: up
to a twentieth, a tenth, a fifth of the examined promises broken; F: more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.gate.results import PromiseResult, RunResults

THEMES: Mapping[str, tuple[str, ...]] = {
    "Form of answers": ("conformity",),
    "Streaming": ("framing", "messages", "chat"),
    "Meaning of answers": ("consistency", "meaning", "conversations"),
    "Access": ("auth",),
    "Errors": ("errors",),
    "Unusual requests": ("robustness",),
    "Accounts and credits": ("account",),
}
"""Theme -> the groups of promises that belong to it."""

BOUNDS = ((0.05, "C"), (0.1, "D"), (0.2, "E"))
"""The largest share of broken promises -> the grade."""

LEAST_EXAMINED, WELL_EXAMINED = 0.5, 0.9
NO_GRADE = "–"


@dataclass(frozen=True)
class ThemeGrade:
    """The grade of a theme, and how many of its promises are kept, broken and in any state."""

    theme: str
    grade: str
    kept: int
    broken: int
    total: int


def grade(entries: Iterable[PromiseResult]) -> str:
    """Return the grade of some promises. What the target does not offer counts for nothing."""
    states = [entry.state for entry in entries if entry.state != "not offered"]
    examined = [state for state in states if state in ("kept", "broken", "accepted")]
    if not examined or len(examined) < LEAST_EXAMINED * len(states):
        return NO_GRADE
    broken = len(examined) - examined.count("kept")
    if not broken:
        return "A" if len(examined) >= WELL_EXAMINED * len(states) else "B"
    return next((letter for bound, letter in BOUNDS if broken <= bound * len(examined)), "F")


def themes(results: RunResults) -> list[ThemeGrade]:
    """Return the grade of every theme that has a promise in force."""
    graded = []
    for theme, groups in THEMES.items():
        entries = [entry for entry in results.entries.values() if entry.promise.group in groups]
        if entries:
            states = [entry.state for entry in entries]
            broken = states.count("broken") + states.count("accepted")
            graded.append(ThemeGrade(theme, grade(entries), states.count("kept"), broken, len(entries)))
    return graded
