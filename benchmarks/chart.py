"""The chart of a run: one bar a goal, on a logarithmic scale whose middle is the goal itself.

A bar to the left of the middle is better than its goal, a bar to the right is worse. So figures of all units fit into
one picture. The colours are legible on white and on black; the text follows the reader's colour scheme.
"""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from benchmarks.goals import GOALS, Figures, Goal, distance, is_met

WIDTH, ROW, TOP, BOTTOM = 940, 24, 40, 12
LABELS, VALUES = 370, 130
"""Width of the texts to the left of the bars, and to their right."""
FARTHEST = 8.0
"""Times better or worse than a goal at which a bar ends."""
MARKS = {1 / 8: "8× better", 1 / 2: "2×", 1.0: "goal", 2.0: "2×", 8.0: "8× worse"}

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.note{font-size:11px;fill:#59636e}"
    ".line{stroke:#8c959f;stroke-opacity:.35}.goal{stroke:#8c959f;stroke-width:2}"
    ".met{fill:#2da44e}.missed{fill:#d4711a}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9198a1}}"
)


def chart(figures: Figures) -> str:
    """Return the picture as SVG."""
    shown = [goal for goal in GOALS if goal.key in figures]
    height = TOP + ROW * len(shown) + BOTTOM
    met = sum(is_met(goal, figures[goal.key]) for goal in shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f"<title id='title'>{met} of {len(shown)} goals met; each bar shows the distance from its goal</title>",
        f"<style>{STYLE}</style>",
        *_scale(height),
    ]
    for number, goal in enumerate(shown):
        lines += _bar(goal, figures, TOP + ROW * number)
    return "\n".join([*lines, "</svg>", ""])


def _scale(height: int) -> Iterator[str]:
    for factor, name in MARKS.items():
        x, kind = _place(factor), "goal" if factor == 1.0 else "line"
        yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - BOTTOM + 4}"/>'
        yield f'<text class="note" x="{x:.1f}" y="{TOP - 14}" text-anchor="middle">{name}</text>'


def _bar(goal: Goal, figures: Figures, top: int) -> Iterator[str]:
    figure = figures[goal.key]
    far = distance(goal, figure)
    start, end = sorted((_place(1.0), _place(far)))
    kind = "met" if is_met(goal, figure) else "missed"
    base = top + 16
    yield f'<text x="{LABELS - 12}" y="{base}" text-anchor="end">{escape(f"{goal.work}: {goal.unit}")}</text>'
    yield f'<rect class="{kind}" x="{start:.1f}" y="{top + 5}" width="{max(end - start, 1):.1f}" height="14" rx="2"/>'
    yield f'<text class="note" x="{WIDTH - VALUES + 18}" y="{base}">{kind} ({far:.2f})</text>'


def _place(factor: float) -> float:
    """Return where a distance from the goal stands: the goal in the middle, the farthest ones at the ends."""
    share = math.log(min(max(factor, 1 / FARTHEST), FARTHEST)) / math.log(FARTHEST)
    left, right = LABELS, WIDTH - VALUES
    return left + (right - left) * (1 + share) / 2
