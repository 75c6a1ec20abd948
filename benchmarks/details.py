"""What is measured beside the goals: the parts of the mock, for maintainers who change one of them.

Each prints rows and limits of its own, and writes nothing.
"""

from collections.abc import Callable, Mapping

from benchmarks import engine, journal, matching, passthrough, verdict
from benchmarks.page import number
from benchmarks.results import Limit, Report, Row

DETAILS: Mapping[str, Callable[[], Report]] = {
    "engine": engine.measure,
    "rules": matching.detail,
    "journal": journal.measure,
    "verdict": verdict.measure,
    "passthrough": passthrough.measure,
}


def text(report: Report) -> str:
    """Return the rows of a report, then its limits and remarks."""
    lines = [f"{'':38}{'':16}{'mock':>10}{'beside':>10}{'ratio':>8}", *map(_row, report.rows)]
    return "\n".join([*lines, *map(_limit, report.limits), *report.remarks])


def _row(row: Row) -> str:
    beside = "" if row.beside is None else number(row.beside)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.what:38}{row.unit:16}{number(row.mock):>10}{beside:>10}{ratio:>8}  {row.remark}".rstrip()


def _limit(limit: Limit) -> str:
    verdict = "within" if limit.met else "beyond"
    value = f"{number(limit.value)} {limit.unit}, at most {limit.limit:g}"
    return f"  {verdict:8}{limit.what:30}{value:32}{limit.remark}".rstrip()
