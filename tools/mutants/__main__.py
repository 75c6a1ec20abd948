"""`make mutants`: run the gate against every faulty gateway, and print how many of them it catches.

The gate catches a mutant if it calls a promise broken within the time of the profile. The run fails if a score is below
its goal, or if the gate finds something wrong with the sound gateway. With the profile `full` it also fails if a
mutant does not break the promises that its row names, or if no mutant breaks a promise: that promise's check might as
well be missing.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from mockserver.contracts.promises import PROMISES
from tools.mutants.catalogue import MUTANTS, SOUND, examine

GOALS = {"smoke": 90.0, "full": 98.0}
"""Profile -> the percentage of the mutants that it must catch."""

LONGEST = {"smoke": 10.0, "full": 300.0}
"""Profile -> the seconds that a run may take. A run that takes longer has caught nothing."""

MOST_SHOWN = 6
"""Broken promises in a mutant's line."""


def main() -> int:
    """Print the scores. Return 1 if a goal is missed or the sound gateway is not clean."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("--profile", action="append", choices=sorted(GOALS), help="smoke, full; default: both")
    parser.add_argument(
        "--only", action="append", default=[], choices=list(MUTANTS), metavar="NAME", help="run this mutant only"
    )
    parser.add_argument("--jobs", type=int, default=2, help="number of runs at a time (2)")
    options = parser.parse_args()
    passed = [_score(profile, options.only, options.jobs) for profile in options.profile or ["smoke", "full"]]
    return int(not all(passed))


def _score(profile: str, only: list[str], jobs: int) -> bool:
    """Run every mutant, or only some, in one profile; print the score and return whether it is good enough."""
    sound = examine(SOUND.name, profile)
    state = f"BREAKS {', '.join(sound.broken)}" if sound.broken else "is clean"
    print(f"{profile}: the sound gateway {state} in {sound.seconds:.1f} s", flush=True)
    names = only or list(MUTANTS)
    caught: dict[str, list[str]] = {}
    times, off_target = [], []
    with ProcessPoolExecutor(jobs) as pool:
        for name, seconds, broken in pool.map(partial(examine, profile=profile), names):
            times.append(seconds)
            caught[name] = broken if seconds <= LONGEST[profile] else []
            missed = [promise for promise in MUTANTS[name].promises if promise not in caught[name]]
            off_target += [name] if missed else []
            print(_line(name, seconds, broken, caught[name], missed), flush=True)
    count = sum(map(bool, caught.values()))
    score = 100 * count / len(names)
    print(f"\n{profile}: {count} of {len(names)} caught ({score:.1f} %, goal {GOALS[profile]:g} %)")
    print(f"  a run takes {sum(times) / len(times):.1f} s, at most {max(times):.1f} s")
    print(f"  survivors: {', '.join(name for name in names if not caught[name]) or 'none'}")
    print(f"  without the promise of their row: {', '.join(off_target) or 'none'}")
    unneeded = [] if only else _unbroken(caught)  # one mutant says nothing about the other promises
    complete = profile != "full" or not (unneeded or off_target)
    return score >= GOALS[profile] and not sound.broken and complete


def _line(name: str, seconds: float, broken: list[str], caught: list[str], missed: list[str]) -> str:
    late = " (too late)" if broken and not caught else ""
    aim = f"  NOT {', '.join(missed)}" if missed and broken else ""
    return f"  {name:<26} {seconds:5.1f} s  {', '.join(broken[:MOST_SHOWN]) or 'SURVIVES'}{late}{aim}"


def _unbroken(caught: Mapping[str, list[str]]) -> list[str]:
    """Print how many mutants break each promise, and return the promises that no mutant breaks."""
    counts = Counter(promise for promises in caught.values() for promise in promises)
    alone = Counter(promises[0] for promises in caught.values() if len(promises) == 1)
    for name in PROMISES:
        print(f"  {name:<24} broken by {counts[name]:>3} mutants, by {alone[name]} of them alone")
    unbroken = [name for name in PROMISES if not counts[name]]
    print(f"  broken by no mutant: {', '.join(unbroken) or 'none'}\n", flush=True)
    return unbroken


if __name__ == "__main__":
    sys.exit(main())
