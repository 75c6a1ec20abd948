"""A probe: requests that find out what no single exchange can show.

A probe never opens a socket: it sends through a `Client`, so it runs against a gateway in memory too, and the runner
counts, bounds and records what it sends. It raises `NotExaminable` where the target cannot be brought into the
situation; its promises then stay *not examined*, with the reason.

To add one, decorate a function with `@probe`, and name it in the `PROBES` at the end of its file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.contracts.client import Client
from mockserver.contracts.promises import PROMISES

Play: TypeAlias = Callable[[Client], None]


@dataclass(frozen=True)
class ProbeCase:
    """A probe, the promises that it examines, and the profiles in which it runs."""

    name: str
    play: Play
    promises: tuple[str, ...]
    profiles: frozenset[str]


def probe(*promises: str, profiles: Sequence[str] = ("smoke", "paid", "full")) -> Callable[[Play], ProbeCase]:
    """Make a function a probe of these promises. In other profiles other probes examine them, or none does."""
    assert promises, "a probe names the promises that it examines"
    assert all(name in PROMISES for name in promises), f"unknown promise among {promises}"
    return lambda play: ProbeCase(play.__name__, play, promises, frozenset(profiles))
