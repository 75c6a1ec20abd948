"""What a run leaves in docs/: the table in performance.md, the chart performance.svg, the figures performance.json.

The page is written by hand except between its two markers. The JSON is what `make bench-check` compares with.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.chart import chart
from benchmarks.goals import GOALS, Figure, Figures, Goal, distance, is_met
from benchmarks.machine import Setting

BEGIN = "<!-- Written by `make bench`: do not edit until the end marker. -->"
END = "<!-- The end of what `make bench` writes. -->"


def table(figures: Figures, *, only: bool = False) -> str:
    """Return the goals as a Markdown table: what was measured, beside what, and whether it is enough.

    With `only`, rows that were not measured are left out.
    """
    lines = ["| work | figure | mock | baseline | ratio | goal | met |", "|---|---|--:|--:|--:|---|---|"]
    lines += [
        f"| {' | '.join(_cells(goal, figures.get(goal.key)))} |" for goal in GOALS if goal.key in figures or not only
    ]
    return "\n".join(lines)


def _cells(goal: Goal, figure: Figure | None) -> Iterator[str]:
    yield goal.work
    yield goal.unit
    if figure is None:
        yield from ("–", "–", "–", _limit(goal), "not measured")
        return
    yield number(figure.mock)
    yield "–" if figure.baseline is None else f"{number(figure.baseline)} ({goal.baseline})"
    yield "–" if figure.ratio is None else f"{figure.ratio:.2f}"
    yield _limit(goal)
    yield "met" if is_met(goal, figure) else f"**no**: {distance(goal, figure):.2f} times the goal"


def _limit(goal: Goal) -> str:
    """Return a goal in words: a ratio to its baseline, or a value."""
    limit = number(goal.limit)
    return f"{goal.sense.value} {limit} × {goal.baseline}" if goal.of_ratio else f"{goal.sense.value} {limit}"


def number(value: float) -> str:
    """Return a number with about three digits."""
    if value == int(value) and abs(value) < 1_000:
        return f"{value:.0f}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def circumstances(setting: Setting) -> str:
    """Return a paragraph that says what the figures are worth."""
    lines = [
        f"Measured on {setting.date} at commit `{setting.commit}`, in {setting.seconds:.0f} s.",
        f"Machine: {setting.machine}. Versions: {setting.versions}.",
    ]
    if setting.is_quiet:
        lines.append(f"Other processes used {setting.others:.2f} cores meanwhile.")
    else:
        lines.append(
            f"**Other processes used {setting.others:.2f} cores meanwhile: rates and latencies are noise.** "
            "CPU times and memory suffer less. Run it again on a quiet machine before you believe it."
        )
    return "\n".join(lines)


def with_run(page: str, figures: Figures, setting: Setting) -> str:
    """Return a page with a run between its markers. Raises `ValueError` if the page has no markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for the run: it needs the lines {BEGIN} and {END}")
    met = sum(is_met(goal, figures[goal.key]) for goal in GOALS if goal.key in figures)
    summary = f"{met} of {len(GOALS)} goals are met."
    picture = "![Each goal's distance from what was measured](performance.svg)"
    parts = [BEGIN, circumstances(setting), summary, table(figures), picture, END]
    return before + "\n\n".join(parts) + after


def saved(figures: Figures, setting: Setting) -> bytes:
    """Return the figures as JSON."""
    run = setting._asdict() | {"rows": {key: figure._asdict() for key, figure in figures.items()}}
    return orjson.dumps(rounded(run), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def rounded(value: object) -> object:
    """Return a value whose numbers have four digits, so that a difference of two files is legible."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def loaded(content: bytes) -> Figures:
    """Return the figures of a JSON file."""
    return {key: Figure(**row) for key, row in orjson.loads(content)["rows"].items()}


def setting_of(content: bytes) -> Setting:
    """Return the circumstances of the run that a JSON file has."""
    run = orjson.loads(content)
    return Setting(**{name: run[name] for name in Setting._fields})


def write(docs: Path, figures: Figures, setting: Setting) -> None:
    """Write table, chart and figures into a folder that has the page."""
    (docs / "performance.json").write_bytes(saved(figures, setting))
    render(docs)


def render(docs: Path) -> None:
    """Write table and chart anew from the figures that a folder has."""
    page, content = docs / "performance.md", (docs / "performance.json").read_bytes()
    figures = loaded(content)
    page.write_text(with_run(page.read_text(encoding="utf-8"), figures, setting_of(content)), encoding="utf-8")
    (docs / "performance.svg").write_text(chart(figures), encoding="utf-8")
