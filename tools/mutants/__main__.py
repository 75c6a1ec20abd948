"""`make mutants`: run the gate against every faulty gateway; print the score, what each check catches, the survivors.

The gateway behind is the suite's own fake, which can do everything without scenarios; it may be any other, because a
fault is put on by a relay. A mutant counts as caught if a promise is broken, within the time that the profile has. It
fails if the score is below the goal, if the sound gateway is not clean, or if the full set leaves a promise that no
mutant breaks: its check might as well be missing.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.promises import PROMISES
from mockserver.contracts.reference import gateway
from mockserver.core.errors import OperatorError
from mockserver.gate.client import AnswerLimits
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, Respond, Upstream, serving
from mockserver.gate.results import RunResults
from mockserver.gate.runner import Runner, RunSettings
from tools.mutants.answers import ANSWERS
from tools.mutants.relayed import Change, RelayedExchange
from tools.mutants.requests import AFTER, BEFORE, BOTH
from tools.mutants.streams import STREAMS

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"
FAST = AnswerLimits(connect=1, silence=1.6, total=4, size=2 * 1024 * 1024)
GOALS = {"smoke": 80.0, "full": 95.0}
"""Percent of the mutants to be caught."""

LONGEST = {"smoke": 10.0, "full": 300.0}
"""Seconds that a run may take; one that takes longer has caught nothing."""

LATENCY = 1.0


@dataclass(frozen=True)
class Mutant:
    """One faulty gateway."""

    name: str
    family: str
    before: Change | None = None
    after: Change | None = None


MUTANTS: dict[str, Mutant] = {
    **{name: Mutant(name, family, after=change) for name, (family, change) in {**ANSWERS, **STREAMS, **AFTER}.items()},
    **{name: Mutant(name, family, before=change) for name, (family, change) in BEFORE.items()},
    **{name: Mutant(name, family, before, after) for name, (family, before, after) in BOTH.items()},
}


SOUND = Mutant("sound", "sound")
"""No fault: what the gate says of it must be nothing."""


class StillClock:
    """The fake's clock and the runner's sleep: waiting takes no time."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.ahead += seconds


def responder(mutant: Mutant, base: str) -> Respond:
    """What the relay answers: the gateway's answer with one fault."""
    upstream = Upstream(base)
    memory: dict[str, Any] = {}

    def respond(request: SentRequest) -> Outgoing:
        exchange = RelayedExchange(request, memory)
        if mutant.before:
            mutant.before(exchange)
        exchange.status, exchange.headers, pieces = upstream.open(exchange.request)
        exchange.body = b"".join(pieces)
        exchange.headers = [pair for pair in exchange.headers if pair[0] != "content-length"]
        exchange.request = request
        if mutant.after:
            mutant.after(exchange)
        time.sleep(exchange.delay)
        if not exchange.is_stream and not any(name == "content-length" for name, _ in exchange.headers):
            exchange.headers.append(("content-length", str(len(exchange.body))))
        return Outgoing(exchange.status, exchange.headers, [exchange.body] if exchange.body else [], exchange.ending)

    return respond


def examine(name: str, profile: str, seed: int = 0) -> tuple[str, float, list[str]]:
    """Run the gate against one mutant: its name, seconds, broken promises."""
    start, clock, mutant = time.monotonic(), StillClock(), MUTANTS.get(name, SOUND)
    with (
        gateway.serving(gateway.ReferenceGateway(CONTRACT, clock.now)) as behind,
        serving(responder(mutant, behind)) as url,
    ):
        chosen = replace(PROFILES[profile], limits=FAST)
        settings = RunSettings(
            url, chosen, gateway.KEY, CONTRACT, seed=seed, credentials=gateway.credentials(), latency=LATENCY
        )
        try:
            ledger: RunResults = Runner(settings, sleep=clock.sleep).run().results
        except OperatorError:  # exit code 2: noticed, but no promise was broken, so it does not count
            return mutant.name, time.monotonic() - start, []
    return mutant.name, time.monotonic() - start, [entry.promise.name for entry in ledger.of("broken")]


def main() -> int:
    """Print the scores; 1 if a goal is missed or the sound gateway is not clean."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("--profile", action="append", choices=sorted(GOALS))
    parser.add_argument(
        "--only", action="append", default=[], choices=list(MUTANTS), metavar="NAME", help="this mutant"
    )
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    reached = [_score(profile, options.only, options.jobs) for profile in options.profile or ["smoke", "full"]]
    return int(not all(reached))


def _score(profile: str, only: list[str], jobs: int) -> bool:
    _, seconds, broken = examine(SOUND.name, profile)
    said = f"BREAKS {', '.join(broken)}" if broken else "is clean"
    print(f"{profile}: the sound gateway {said} in {seconds:.1f} s", flush=True)
    names = only or list(MUTANTS)
    found: dict[str, list[str]] = {}
    times = []
    with ProcessPoolExecutor(jobs) as pool:
        for name, took, promises in pool.map(examine, names, [profile] * len(names)):
            times.append(took)
            found[name] = promises if took <= LONGEST[profile] else []
            late = f" (too late: {LONGEST[profile]:g} s)" if promises and not found[name] else ""
            print(f"  {name:<26} {took:5.1f} s  {', '.join(promises[:6]) or 'SURVIVES'}{late}", flush=True)
    caught = sum(map(bool, found.values()))
    score = 100 * caught / len(names)
    print(f"\n{profile}: {caught} of {len(names)} caught ({score:.1f} %, goal {GOALS[profile]:g} %)")
    print(f"  a run takes {sum(times) / len(times):.1f} s, at most {max(times):.1f} s")
    print(f"  survivors: {', '.join(name for name in names if not found[name]) or 'none'}")
    idle = [] if only else _needed(found)  # what one mutant breaks says nothing of what is needed
    return score >= GOALS[profile] and not broken and (profile != "full" or not idle)


def _needed(found: Mapping[str, list[str]]) -> list[str]:
    """Print how many mutants break each promise; give those that none breaks."""
    checks = Counter(name for promises in found.values() for name in promises)
    alone = Counter(promises[0] for promises in found.values() if len(promises) == 1)
    for name in PROMISES:
        print(f"  {name:<24} breaks for {checks[name]:>3} mutants, alone for {alone[name]}")
    idle = [name for name in PROMISES if not checks[name]]
    print(f"  broken by no mutant: {', '.join(idle) or 'none'}\n", flush=True)
    return idle


if __name__ == "__main__":
    sys.exit(main())
