"""The summary for a terminal: what failed, with evidence and remedy, then a table by theme with its grades."""

import textwrap
from collections.abc import Iterator

from mockserver.exam.grades import RULE, final_grade, grade
from mockserver.exam.results import STATES, CaseResult, CaseState, ExamRun
from mockserver.gate.reports.text import printable

WIDTH = 100
"""Columns, if the width of the terminal is unknown."""

MARKS: dict[CaseState, str] = {
    "pass": "pass",
    "fail": "FAIL",
    "accepted": "known",
    "not applicable": "n/a",
    "error": "ERROR",
}

MOST_TIMELINE = 12
"""Lines of a timeline that are shown: the last ones; an exchange has two."""

MOST_OUTPUT = 8
"""Lines of a failing client's output that are shown: the last ones."""


def progress_line(result: CaseResult) -> str:
    """Return one result on one line."""
    first = result.reason or next((finding.name for finding in result.findings), "")
    seconds = f"{result.seconds:5.1f} s" if result.seconds else " " * 7
    line = f"{MARKS[result.state]:<5} {seconds}  {result.case.name}"
    return printable(f"{line}: {first}" if first else line)


def lines(run: ExamRun, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of the summary."""
    for result in run.of("fail"):
        yield from _failed(result, width)
    accepted = run.of("accepted")
    if accepted:
        yield "Accepted by the baseline"
        for result in accepted:
            yield from _wrapped(f"  {result.case.name:<34} ", printable(result.reason), width)
        yield ""
    for result in run.of("error"):
        yield from _wrapped(f"ERROR  {result.case.name}  ", printable(result.reason), width)
    yield from table(run)
    yield from _skipped(run, width)
    for words in (run.stopped, *run.complaints):
        for line in words.splitlines():
            yield from _wrapped("", printable(line), width)
    yield from _wrapped("", headline(run), width)
    yield from _wrapped("  ", effort(run), width)


def headline(run: ExamRun) -> str:
    """Return the line that has the grade and counts the cases by state."""
    counts = {state: len(run.of(state)) for state in STATES}
    words = [
        f"{count} {'passed' if state == 'pass' else 'failed' if state == 'fail' else state}"
        for state, count in counts.items()
        if count
    ]
    return f"Grade {final_grade(run)}: {', '.join(words) or 'no case was held'}"


def effort(run: ExamRun) -> str:
    """Return what was examined, in which time."""
    return f"{run.habits or run.client}; {run.seconds:.1f} s, seed {run.seed}"


def table(run: ExamRun) -> Iterator[str]:
    """Yield one line for each theme with its counts and grade, the grade of all, and the rule of grades."""
    states = [state for state in STATES if run.of(state) or state in ("pass", "fail", "not applicable")]
    wide = max([len(theme) for theme in run.themes] or [0])
    yield f"  {'':<{wide}}{''.join(f'{state:>{len(state) + 2}}' for state in states)}  grade"
    for theme, results in [*run.themes.items(), ("all", run.results)]:
        counts = [sum(result.state == state for result in results) for state in states]
        cells = "".join([f"{count or '·':>{len(state) + 2}}" for state, count in zip(states, counts, strict=True)])
        yield f"  {theme:<{wide}}{cells}  {grade(results):>5}"
    yield f"  {RULE}"
    yield ""


def explain(result: CaseResult) -> Iterator[str]:
    """Yield what the gateway did, what right is and why, each finding with its remedy, and the timeline."""
    header = result.case.header
    yield f"  gateway   {header.gateway}"
    yield f"  right     {header.right}"
    yield f"  why       {header.why} ({header.source})"
    for finding in result.findings:
        yield f"  found     {finding.name}: {finding.evidence}"
        yield f"  remedy    {finding.remedy}"


def _failed(result: CaseResult, width: int) -> Iterator[str]:
    yield f"FAIL  {result.case.name}  [{result.case.header.theme}]"
    for line in explain(result):
        yield from _wrapped(line[:12], printable(line[12:]), width)
    drawn = result.timeline.splitlines()
    if len(drawn) > MOST_TIMELINE:
        yield f"  ({len(drawn) - MOST_TIMELINE} earlier lines are in the other reports)"
    yield from map(printable, drawn[-MOST_TIMELINE:])
    output = result.output.strip().splitlines()[-MOST_OUTPUT:]
    if output:
        yield "  output"
        yield from [f"    {printable(line)[: width - 4]}" for line in output]
    yield ""


def _skipped(run: ExamRun, width: int) -> Iterator[str]:
    """Yield the cases that do not concern the client, by reason."""
    skipped = run.of("not applicable")
    if not skipped:
        return
    yield "Not applicable"
    for reason in dict.fromkeys([result.reason for result in skipped]):
        names = ", ".join([result.case.name for result in skipped if result.reason == reason])
        yield from _wrapped("  ", printable(f"{reason}:"), width)
        yield from _wrapped("    ", names, width)
    yield ""


def _wrapped(before: str, text: str, width: int) -> list[str]:
    after = " " * len(before)
    wrapped = textwrap.wrap(text, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False)
    return wrapped or [before.rstrip()]
