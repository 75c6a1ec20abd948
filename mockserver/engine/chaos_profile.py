"""A compiled chaos file: what `chaos_stage` applies. `chaos` makes it of the models of a file."""

from typing import TYPE_CHECKING

import msgspec

from mockserver.faults import CompiledFault
from mockserver.scenarios.matcher import Matcher

if TYPE_CHECKING:
    from mockserver.engine.chaos import ChaosWindow

NONE = "none"
"""The name of the profile that does nothing."""


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled rule. `number` counts from 1; `effect` is the error or the faults, for the note."""

    number: int
    matchers: tuple[Matcher, ...]
    probability: float
    window: "ChaosWindow"
    limit: int | None
    faults: tuple[CompiledFault, ...]
    is_error: bool
    effect: str


class ChaosProfile(msgspec.Struct, frozen=True):
    """A compiled chaos file."""

    name: str
    about: str
    rules: tuple[CompiledRule, ...]
