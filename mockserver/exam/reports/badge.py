"""The grade as an SVG badge: one file, with nothing loaded from elsewhere."""

from mockserver.exam.grades import final_grade
from mockserver.exam.results import ExamRun

COLOURS = {"A": "#1a7f4b", "B": "#5a8f29", "C": "#b7791f", "D": "#c2571a", "F": "#c0392b"}

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<rect width="{width}" height="20" rx="3" fill="#444c56"/>
<path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" fill="{colour}"/>
<g fill="#fff" font-family="Verdana,Geneva,sans-serif" font-size="11" text-anchor="middle">
<text x="{label_at}" y="14">{label}</text><text x="{value_at}" y="14">{value}</text></g></svg>
"""

LABEL = "gateway exam"


def render(run: ExamRun) -> bytes:
    """Return the badge."""
    letter = final_grade(run)
    passed, judged = len(run.of("pass")), len(run.of("pass", "fail", "accepted"))
    value = f"{letter} · {passed}/{judged}"
    left, right = 7 * len(LABEL) + 6, 7 * len(value) + 8
    svg = _SVG.format(
        width=left + right + 3,
        left=left,
        right=right,
        title=f"{LABEL}: {value}",
        label=LABEL,
        value=value,
        label_at=left // 2,
        value_at=left + (right + 3) // 2,
        colour=COLOURS.get(letter, "#8a8f98"),
    )
    return svg.encode()
