"""`python -m benchmarks [--check | --render | NAME ...]`: measures the mock beside its goals, on loopback only.

Without a name it measures everything, in under five minutes, and writes docs/performance.{md,svg,json}. With names it
measures those and prints them: whole, streams, paced, memory, start, beyond, matching, fixture, store are the goals'
subjects; engine, rules, journal, verdict and passthrough are details beside them.

`--check` measures everything, writes nothing, and compares the ratios with docs/performance.json. A row that looks
worse by 15 % is measured once more; one that is worse both times fails the run (exit code 1).

`--render` measures nothing: it writes the page and the chart anew from docs/performance.json.

A missed goal fails nothing. It stops only processes that it started.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Mapping

from benchmarks import beyond, fixture, matching, memory, paced, start, store, streams, whole
from benchmarks.details import DETAILS, text
from benchmarks.goals import Figure, Figures, Goal, worse
from benchmarks.machine import Stopwatch
from benchmarks.page import circumstances, loaded, number, render, table, write
from benchmarks.servers import ROOT, BenchmarkError

DOCS = ROOT / "docs"

SUBJECTS: Mapping[str, Callable[[], Figures]] = {
    "whole": whole.measure,
    "streams": streams.measure,
    "paced": paced.measure,
    "memory": memory.measure,
    "start": start.measure,
    "beyond": beyond.measure,
    "matching": matching.measure,
    "fixture": fixture.measure,
    "store": store.measure,
}


def main() -> int:
    """Measure, and print or write or compare. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join([*SUBJECTS, *DETAILS])}")
    parser.add_argument("--check", action="store_true", help="compare with the committed figures; write nothing")
    parser.add_argument("--render", action="store_true", help="write the page from the committed figures; no measuring")
    options = parser.parse_args()
    if options.render:
        render(DOCS)
        return 0
    unknown = [name for name in options.names if name not in SUBJECTS and name not in DETAILS]
    if unknown:
        parser.error(f"no subject is called {', '.join(unknown)}; known: {', '.join([*SUBJECTS, *DETAILS])}")
    missing = [command for command in ("wrk", "node", "redis-server") if shutil.which(command) is None]
    if missing or not sys.platform.startswith("linux"):
        print(f"benchmarks: needs Linux and {', '.join(missing) or '/proc'}; CONTRIBUTING.md names the packages")
        return 2
    try:
        return _run(options.names, options.check)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2


def _run(names: list[str], check: bool) -> int:
    watch = Stopwatch()
    figures = measured([name for name in names if name in SUBJECTS] if names else SUBJECTS)
    reports = [text(DETAILS[name]()) for name in names if name in DETAILS]
    setting = watch.setting()
    if figures:
        print(table(figures, only=bool(names)))
    print("\n".join([*reports, circumstances(setting)]))
    if check:
        return compared(figures, loaded((DOCS / "performance.json").read_bytes()))
    if not names:
        write(DOCS, figures, setting)
    return 0


def measured(names: Iterable[str]) -> dict[str, Figure]:
    """Return the figures of these subjects."""
    figures: dict[str, Figure] = {}
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            figures |= SUBJECTS[name]()
        except BenchmarkError as error:
            raise BenchmarkError(f"{name}: {error}") from error
    return figures


def compared(now: Figures, then: Figures) -> int:
    """Print the rows that became worse, after a second look at each. Return 1 if there is one."""
    suspects = worse(now, then)
    again = measured({goal.subject: None for goal in suspects})
    still = [goal for goal in worse(again, then) if goal in suspects]
    for goal in still:
        print(f"WORSE  {_change(goal, again[goal.key], then[goal.key])}")
    print(f"{len(still)} rows are worse" if still else "no row is worse than the committed figures")
    return int(bool(still))


def _change(goal: Goal, now: Figure, then: Figure) -> str:
    if now.ratio is None or then.ratio is None:
        return f"{goal.key} ({goal.work}, {goal.unit}): {number(now.mock)}, committed {number(then.mock)}"
    beside = f"{now.ratio:.2f} times {goal.baseline}, committed {then.ratio:.2f}"
    return f"{goal.key} ({goal.work}, {goal.unit}): {beside}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
