"""The profiles: how much a run does."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.gate.budget import BudgetLimits
from mockserver.gate.client import AnswerLimits


@dataclass(frozen=True)
class RunProfile:
    """One way to run.

    `probes` names the profile whose probes run. `seconds` is the longest duration of a run. The limit `silence` is
    longer than
    `latency`, so that a slow answer can be told from one that never comes.
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
            about="main routes and cheap requests, in seconds",
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
            about="for a gateway that charges: few requests, tiny answers, a fixed budget",
            probes="paid",
            budget=BudgetLimits(requests=240, tokens=60_000, rate=4),
            limits=AnswerLimits(connect=10, silence=65, total=120),
            max_tokens=64,
            thorough=False,
            paid=True,
            seconds=600,
            latency=60,  # D1's own example gives up after 60 s
        ),
        RunProfile(
            name="full",
            about="for a mock or staging: every route, every probe, generated requests",
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
            about="full with new seeds, for an hour (--time) or until a promise is broken",
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
