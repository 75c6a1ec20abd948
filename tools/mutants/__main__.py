"""`make mutants`: run the gate against every faulty gateway; print the score, what each check catches, the survivors.

The gateway behind is the suite's own fake, which can do everything without scenarios; `--upstream URL` takes another.
A promise that no mutant breaks is listed too: its check might as well be missing.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts import fake
from contracts.exchange import Asked
from contracts.promises import PROMISES
from mockserver.errors import OperatorError
from mockserver.gate.client import Limits
from mockserver.gate.ledger import Ledger
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, Upstream, serving
from mockserver.gate.runner import Runner, Settings
from tools.mutants.answers import ANSWERS
from tools.mutants.requests import AFTER, BEFORE, BOTH
from tools.mutants.shot import Change, Shot
from tools.mutants.streams import STREAMS

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"
FAST = Limits(connect=1, silence=1.6, total=4, size=2 * 1024 * 1024)
GOALS = {"smoke": 80.0, "full": 95.0}
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


class Clock:
    """The fake's clock and the runner's sleep: waiting takes no time."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.ahead += seconds


def responder(mutant: Mutant, base: str) -> Callable[[Asked], Outgoing]:
    """What the relay answers: the gateway's answer with one fault."""
    upstream, memory = Upstream(base), dict[str, Any]()  # Any: a mutant keeps what it likes

    def respond(asked: Asked) -> Outgoing:
        shot = Shot(asked, memory)
        if mutant.before:
            mutant.before(shot)
        shot.status, shot.headers, pieces = upstream.open(shot.asked)
        shot.body = b"".join(pieces)
        shot.headers = [pair for pair in shot.headers if pair[0] != "content-length"]
        shot.asked = asked
        if mutant.after:
            mutant.after(shot)
        time.sleep(shot.delay)
        if not shot.is_stream and not any(name == "content-length" for name, _ in shot.headers):
            shot.headers.append(("content-length", str(len(shot.body))))
        return Outgoing(shot.status, shot.headers, [shot.body] if shot.body else [], shot.ending)

    return respond


def examine(name: str, profile: str, seed: int = 0) -> tuple[str, float, list[str], list[str]]:
    """Run the gate against one mutant: its name, seconds, broken promises, promises not examined."""
    start, clock, mutant = time.monotonic(), Clock(), MUTANTS.get(name, SOUND)
    with fake.serving(fake.Gateway(CONTRACT, clock.now)) as behind, serving(responder(mutant, behind)) as url:
        chosen = replace(PROFILES[profile], limits=FAST)
        settings = Settings(url, chosen, fake.KEY, CONTRACT, seed=seed, aids=fake.aids(), latency=LATENCY)
        try:
            ledger: Ledger = Runner(settings, sleep=clock.sleep).run().ledger
        except OperatorError:  # exit code 2: noticed, but no promise was broken, so it does not count
            return mutant.name, time.monotonic() - start, [], list(PROMISES)
    names = [[entry.promise.name for entry in ledger.of(state)] for state in ("broken", "not examined")]
    return mutant.name, time.monotonic() - start, names[0], names[1]


def main() -> int:
    """Print the scores; 1 if a goal is missed or the sound gateway is not clean."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("--profile", action="append", choices=sorted(GOALS))
    parser.add_argument("--only", action="append", default=[], help="these mutants")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    missed = False
    for profile in options.profile or ["smoke", "full"]:
        missed |= not _score(profile, [MUTANTS[name] for name in options.only] or list(MUTANTS.values()), options.jobs)
    return int(missed)


def _score(profile: str, mutants: list[Mutant], jobs: int) -> bool:
    _, seconds, broken, _ = examine(SOUND.name, profile)
    print(
        f"{profile}: the sound gateway {'is clean' if not broken else 'BREAKS ' + ', '.join(broken)} in {seconds:.1f} s"
    )
    checks: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    survivors, times = [], []
    with ProcessPoolExecutor(jobs) as pool:
        for name, took, found, _ in pool.map(examine, [one.name for one in mutants], [profile] * len(mutants)):
            times.append(took)
            checks.update(found)
            if len(found) == 1:
                alone.update(found)
            if not found:
                survivors.append(name)
            print(f"  {name:<26} {took:5.1f} s  {', '.join(found[:6]) or 'SURVIVES'}", flush=True)
    score = 100 * (len(mutants) - len(survivors)) / len(mutants)
    caught = len(mutants) - len(survivors)
    print(f"\n{profile}: {caught} of {len(mutants)} caught ({score:.1f} %, goal {GOALS[profile]:g} %)")
    print(f"  a run takes {sum(times) / len(times):.1f} s, at most {max(times):.1f} s")
    print(f"  survivors: {', '.join(survivors) or 'none'}")
    for name in PROMISES:
        print(f"  {name:<24} breaks for {checks[name]:>3} mutants, alone for {alone[name]}")
    print(f"  needed by no mutant: {', '.join(name for name in PROMISES if not checks[name]) or 'none'}\n")
    return score >= GOALS[profile] and not broken


if __name__ == "__main__":
    sys.exit(main())
