"""The exam as one HTML file. It loads nothing, runs no script, and escapes everything that a client said.

It begins with the grade; then come the failed cases with evidence, remedy and a drawn timeline, then all others.
"""

import time
from collections.abc import Iterator, Sequence
from html import escape

from mockserver.core.report_style import STYLE
from mockserver.exam.grades import RULE, final_grade, grade
from mockserver.exam.reports.terminal import effort, headline
from mockserver.exam.results import STATES, Bar, CaseResult, CaseState, ExamRun
from mockserver.gate.reports.text import printable

CSS: dict[CaseState, str] = {
    "pass": "kept",
    "fail": "broken",
    "accepted": "accepted",
    "not applicable": "idle",
    "error": "broken",
}
"""State -> its class in the shared style."""

OWN_STYLE = """
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.15rem .8rem .15rem 0;text-align:right}
td:first-child,th:first-child{text-align:left}.grade{font-size:2.4rem;font-weight:700;line-height:1}
svg{display:block;width:100%;background:var(--code);border-radius:.4rem;margin:.3rem 0}
svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}svg text{fill:var(--ink);font:10px ui-monospace,monospace}
"""

WIDTH, ROW, LABEL = 900, 18, 40
"""Pixels of a drawn timeline: its width, a row, and the room for a status."""

MOST_BARS = 40
"""Exchanges that are drawn of one case; the first ones."""


def render(run: ExamRun) -> bytes:
    """Return the page."""
    total = max(1, len(run.results))
    counts = {state: len(run.of(state)) for state in STATES}
    bar = "".join(
        [f'<i class="{CSS[state]}" style="width:{100 * count / total:.2f}%"></i>' for state, count in counts.items()]
    )
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.began))
    complaints = [*([run.stopped] if run.stopped else []), *run.complaints]
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Gateway exam: grade {final_grade(run)}</title><style>{STYLE}{OWN_STYLE}</style></head><body><main>
<div class="grade">{final_grade(run)}</div><h1>{escape(headline(run).partition(": ")[2])}</h1>
<div>{escape(printable(run.client))} <span class="soft">· {when} · {escape(effort(run))}</span></div>
<div class="bar">{bar}</div>
{"".join([f'<pre class="card">{escape(words)}</pre>' for words in complaints])}
{_table(run)}<div class="soft">{escape(RULE)}</div>
{"".join(_sections(run))}</main></body></html>
"""
    return page.encode("utf-8", "replace")


def _table(run: ExamRun) -> str:
    shown: tuple[CaseState, ...] = ("pass", "fail", "not applicable")
    head = "".join([f"<th>{state}</th>" for state in shown])
    rows = [
        f"<tr><td>{escape(theme)}</td>"
        + "".join([f"<td>{sum(result.state == state for result in results) or '·'}</td>" for state in shown])
        + f"<td><b>{grade(results)}</b></td></tr>"
        for theme, results in run.themes.items()
    ]
    return f"<table><tr><th>theme</th>{head}<th>grade</th></tr>{''.join(rows)}</table>"


def _sections(run: ExamRun) -> Iterator[str]:
    for state, title in (("fail", "Failed"), ("error", "Errors of the exam"), ("accepted", "Accepted by the baseline")):
        results = [result for result in run.results if result.state == state]
        if results:
            yield f"<h2>{title}</h2>{''.join([_card(result, is_open=state == 'fail') for result in results])}"
    passed = run.of("pass")
    if passed:
        yield f"<h2>Passed</h2>{''.join([_card(result, is_open=False) for result in passed])}"
    skipped = run.of("not applicable")
    if skipped:
        rows = "".join([f'<div class="head">{_head(result)}</div>' for result in skipped])
        yield f'<h2>Not applicable</h2><div class="card">{rows}</div>'


def _head(result: CaseResult) -> str:
    words = result.reason or result.case.header.gateway
    return (
        f'<span class="dot {CSS[result.state]}" title="{result.state}"></span>'
        f'<span class="name">{escape(result.case.name)}</span><span>{escape(printable(words))}</span>'
        f'<span class="src">{escape(result.case.header.theme)}</span>'
    )


def _card(result: CaseResult, *, is_open: bool) -> str:
    header = result.case.header
    found = "".join(
        [
            f"<li><b>{escape(finding.name)}</b>: {escape(printable(finding.evidence))}<br>"
            f"Instead: {escape(finding.remedy)}</li>"
            for finding in result.findings
        ]
    )
    more = (
        f"<h3>Right</h3><div>{escape(header.right)}</div><h3>Why</h3><div>{escape(header.why)} "
        f'<span class="src">{escape(header.source)}</span></div>'
        + (f"<h3>Found</h3><ul>{found}</ul>" if found else "")
        + (f"<h3>Timeline</h3>{draw(result.bars)}<pre>{escape(result.timeline)}</pre>" if result.bars else "")
        + (f"<h3>Output</h3><pre>{escape(result.output[-4000:])}</pre>" if found and result.output else "")
    )
    opened = " open" if is_open else ""
    return (
        f'<div class="card"><div class="head">{_head(result)}</div>'
        f'<details class="more"{opened}><summary>what happened</summary>{more}</details></div>'
    )


def draw(bars: Sequence[Bar]) -> str:
    """Return a timeline as SVG: a row for each exchange, from its request to the end of its answer."""
    shown = bars[:MOST_BARS]
    end = max([bar.start + bar.seconds for bar in shown], default=0.0) or 0.001
    scale = (WIDTH - 2 * LABEL) / end
    rows = [
        f'<g><title>{escape(printable(bar.words))}</title><text x="2" y="{ROW * row + 13}">{bar.status or "–"}</text>'
        f'<rect class="{"good" if bar.is_good else "bad"}" x="{LABEL + bar.start * scale:.1f}" y="{ROW * row + 4}" '
        f'width="{max(3.0, bar.seconds * scale):.1f}" height="{ROW - 6}" rx="2"/></g>'
        for row, bar in enumerate(shown)
    ]
    height = ROW * len(shown) + 16
    axis = f'<text x="{LABEL}" y="{height - 4}">0 s</text><text x="{WIDTH - LABEL}" y="{height - 4}">{end:.1f} s</text>'
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(rows)}{axis}</svg>'
