"""`make attack`: every act in order, one line each; exit code 1 if one has failed. At most five minutes.

`--only NAME` runs some acts, `--seed N` makes other random choices, `--list` says what there is.
"""

import argparse
import sys
import time

from tools.attack.acts import ACTS
from tools.attack.run import run

BUDGET = 300.0
"""Seconds for everything."""
ONE = 50.0
"""Seconds for one act; one that takes longer is ended, and has failed."""
LEAST = 5.0
"""Seconds that must be left to begin one."""


def main() -> int:
    """Return 1 if an act has failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.attack", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="chooses what is random (0)")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[act.name for act in ACTS])
    parser.add_argument("--list", action="store_true", help="name the acts, and end")
    options = parser.parse_args()
    if options.list:
        for act in ACTS:
            print(f"{act.name:<12} {act.about}")
        return 0
    deadline = time.monotonic() + BUDGET
    failed: list[str] = []
    for act in ACTS:
        if options.only and act.name not in options.only:
            continue
        left = deadline - time.monotonic()
        if left < LEAST:
            print(f"{act.name:<12} FAILED  not played: the five minutes are over", flush=True)
        if left < LEAST or run(act, options.seed, min(ONE, left)):
            failed.append(act.name)
    print(f"FAILED: {', '.join(failed)}" if failed else "nothing brought it down")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
