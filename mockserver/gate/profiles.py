"""Profiles: how much a run does. The table is the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.gate.budget import BudgetLimits
from mockserver.gate.client import AnswerLimits


@dataclass(frozen=True)
class RunProfile:
    """One way to run. `acts` names the scenes' own profile; `seconds` ends a run that takes too long.

    An answer may be silent for longer than `latency`, so that a slow one is told from one that never comes.
    """

    name: str
    about: str
    probes: str
    budget: BudgetLimits
    limits: AnswerLimits
    max_tokens: int
    thorough: bool
    paid: bool
    seconds: float
    latency: float = 5.0
    rounds: int = 1


PROFILES: Mapping[str, RunProfile] = {
    profile.name: profile
    for profile in (
        RunProfile(
            name="smoke",
            about="seconds: the main routes, cheap requests",
            probes="smoke",
            budget=BudgetLimits(),
            limits=AnswerLimits(connect=3, silence=6, total=10, size=2 * 1024 * 1024),
            max_tokens=256,
            thorough=False,
            paid=False,
            seconds=60,
        ),
        RunProfile(
            name="paid",
            about="a gateway that charges: few requests, tiny answers, a stated budget",
            probes="paid",
            budget=BudgetLimits(requests=220, tokens=60_000, rate=4),
            limits=AnswerLimits(connect=10, silence=65, total=120),
            max_tokens=64,
            thorough=False,
            paid=True,
            seconds=600,
            latency=60,  # D1's own example gives up after 60 s
        ),
        RunProfile(
            name="full",
            about="a mock, or staging: every route, every scene, generated requests",
            probes="full",
            budget=BudgetLimits(),
            limits=AnswerLimits(connect=3, silence=6, total=12),
            max_tokens=256,
            thorough=True,
            paid=False,
            seconds=300,
        ),
        RunProfile(
            name="soak",
            about="full, again and again with new seeds, for an hour (--time) or until something breaks",
            probes="full",
            budget=BudgetLimits(),
            limits=AnswerLimits(connect=5, silence=10, total=30),
            max_tokens=256,
            thorough=True,
            paid=False,
            seconds=3600,
            rounds=1_000_000,
        ),
    )
}
