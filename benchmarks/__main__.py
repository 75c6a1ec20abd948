"""`python -m benchmarks [NAME ...]`: measures the mock, prints a table, and says which goals are met.

Without a name it measures every subject: whole, streams, paced, start, memory, engine, matching, journal, verdict,
fixture. All of it uses the loopback interface and takes about four minutes. It stops only processes that it started.

This is a report, not a gate: a missed goal does not fail the run, because figures depend on the machine. The ratios to
the bare app depend on it least; see `results`.
"""

import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks import engine, fixture, journal, matching, memory, paced, start, streams, verdict, whole
from benchmarks.results import Goal, Report, Row
from benchmarks.servers import BenchmarkError

SUBJECTS: Mapping[str, Callable[[], Report]] = {
    "whole": whole.measure,
    "streams": streams.measure,
    "paced": paced.measure,
    "start": start.measure,
    "memory": memory.measure,
    "engine": engine.measure,
    "matching": matching.measure,
    "journal": journal.measure,
    "verdict": verdict.measure,
    "fixture": fixture.measure,
}


def main(names: Sequence[str]) -> int:
    """Measure these subjects and print the results. Return the exit code."""
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        print(f"benchmarks: no subject is called {', '.join(unknown)}; known: {', '.join(SUBJECTS)}", file=sys.stderr)
        return 2
    if not sys.platform.startswith("linux"):
        print("benchmarks: needs Linux, whose clocks and /proc it reads", file=sys.stderr)
        return 2
    begun, load = time.perf_counter(), os.getloadavg()[0]
    reports: list[Report] = []
    for name in names or SUBJECTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            reports.append(SUBJECTS[name]())
        except BenchmarkError as error:
            print(f"benchmarks: {name}: {error}", file=sys.stderr)
            return 1
    print(f"\n{'':38}{'':16}{'mock':>10}{'bare':>10}{'ratio':>8}")
    for row in (row for report in reports for row in report.rows):
        print(_row(row))
    goals = [goal for report in reports for goal in report.goals]
    if goals:
        print("\nGoals")
    for goal in goals:
        print(_goal(goal))
    print()
    for remark in (remark for report in reports for remark in report.remarks):
        print(remark)
    seconds = time.perf_counter() - begun
    print("Bare: uvicorn with httptools and uvloop, answers made beforehand.")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} before; took {seconds:.0f} s.")
    return 0


def _row(row: Row) -> str:
    beside = "" if row.beside is None else _number(row.beside)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.what:38}{row.unit:16}{_number(row.mock):>10}{beside:>10}{ratio:>8}  {row.remark}".rstrip()


def _goal(goal: Goal) -> str:
    verdict = "met" if goal.met else "missed"
    limit = f"{_number(goal.value)} {goal.unit}, at most {goal.limit:g}"
    return f"  {verdict:8}{goal.what:30}{limit:32}{goal.remark}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
