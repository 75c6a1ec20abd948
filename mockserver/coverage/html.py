"""The report of a coverage as one HTML file. It loads nothing, runs no script, and escapes everything."""

from collections.abc import Iterator, Sequence
from html import escape

from mockserver.core.report_style import STYLE
from mockserver.coverage.documented import sample_test
from mockserver.coverage.report import CoverageReport, whole_percent
from mockserver.journal.situations import Situation

OWN_STYLE = """
table.all{border-collapse:collapse;width:100%;table-layout:fixed}.all td{padding:.2rem .8rem .2rem 0;vertical-align:top}
.all code{font:.8rem ui-monospace,monospace}.all td:first-child{width:24%}.all td:nth-child(3){width:10%}
@media(max-width:46rem){.all,.all tbody,.all tr,.all td{display:block}.all td,.all td:first-child{width:auto}}
"""


def render(report: CoverageReport) -> bytes:
    """Return the page."""
    title = f"Coverage of the gateway: {whole_percent(report.percent)} %"
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<style>{STYLE}{OWN_STYLE}</style></head><body><main>
<h1>{title}</h1><div>{escape(report.headline.partition("(")[2].replace(")", ""))}</div>
{_bar(report.percent)}
{"".join(_next(report.next))}
{"".join([_group(report, group, situations) for group, situations in report.groups.items()])}
{"".join(_turns(report))}</main></body></html>
"""
    return page.encode()


def _bar(percent: float) -> str:
    return f'<div class="bar"><i class="kept" style="width:{percent:.2f}%"></i></div>'


def _next(situations: Sequence[Situation]) -> Iterator[str]:
    if situations:
        yield "<h2>The next tests to write</h2>"
    for situation in situations:
        yield f"<pre>{escape(sample_test(situation))}</pre>"


def _group(report: CoverageReport, group: str, situations: Sequence[Situation]) -> str:
    missing = [situation for situation in situations if situation.name in report.missing]
    opened = " open" if missing else ""
    rows = "".join([_row(situation, is_met=situation.name in report.met) for situation in situations])
    return (
        f'<details class="card"{opened}><summary>{escape(group)}: {len(situations) - len(missing)} of '
        f'{len(situations)}</summary><table class="all">{rows}</table></details>'
    )


def _row(situation: Situation, *, is_met: bool) -> str:
    state, css = ("met", "kept") if is_met else ("never met", "broken")
    turn = "" if is_met else f"<code>{escape(situation.turn)}</code>"
    return (
        f'<tr><td><i class="dot {css}" style="display:inline-block" title="{state}"></i> '
        f'<span class="name">{escape(situation.name)}</span></td><td>{escape(situation.about)} '
        f'<span class="src">{escape(situation.source)}</span></td><td>{state}</td><td>{turn}</td></tr>'
    )


def _turns(report: CoverageReport) -> Iterator[str]:
    if report.turns:
        played = len(report.turns) - len(report.unplayed)
        yield f"<h2>Turns: {played} of {len(report.turns)} played</h2>"
    if report.unplayed:
        rows = "".join(
            [
                f'<tr><td><span class="name">{escape(str(place))}</span></td><td>{escape(place.turn)}</td></tr>'
                for place in report.unplayed
            ]
        )
        yield f'<div class="card">Never played<table class="all">{rows}</table></div>'
