"""The run as one HTML file. It loads nothing, runs no script, and escapes everything that a target said.

It begins with the headline, the grade of each theme, and what changed since an earlier run. Then comes what is broken,
with the request and the answer, and what was not examined, with the option that would help. What was kept is folded.
"""

import time
from collections.abc import Iterator
from html import escape

from mockserver.contracts.exchange import CheckedExchange
from mockserver.core.report_style import STYLE
from mockserver.gate.grades import grade, themes
from mockserver.gate.reports.curl import curl, packed
from mockserver.gate.reports.terminal import ALWAYS_SHOWN, UNDECIDED, by_operation, effort, headline
from mockserver.gate.reports.text import printable
from mockserver.gate.results import STATES, PromiseResult, State
from mockserver.gate.runner import GateRun

CSS: dict[State, str] = {
    "kept": "kept",
    "broken": "broken",
    "accepted": "accepted",
    "error": "accepted",
    "not offered": "idle",
    "not examined": "idle",
}
MOST_BODY = 2000
"""Characters of an answer that are shown. The JSON report has more."""


def render(run: GateRun) -> bytes:
    """Return the page."""
    results, settings = run.results, run.settings
    total = max(1, len(results.entries))
    counts = {state: len(results.of(state)) for state in STATES}
    bar = "".join(
        f'<i class="{CSS[state]}" style="width:{100 * count / total:.2f}%"></i>' for state, count in counts.items()
    )
    legend = "".join(
        f'<span><i class="dot {CSS[state]}"></i>{count} {state}</span>'
        for state, count in counts.items()
        if count or state in ALWAYS_SHOWN
    )
    complaints = [*run.trouble, *run.notes]
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.began))
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Contract of {escape(settings.url)}</title>
<style>{STYLE}</style></head><body><main>
<h1>{escape(headline(run).partition(":")[0])}</h1>
<div>{escape(settings.url)} <span class="soft">· profile {settings.profile.name} · {when}</span></div>
<div class="bar">{bar}</div><div class="legend">{legend}<span>coverage {results.coverage:.0f} %</span></div>
<div class="soft">{escape(effort(run))}</div>
{_grades(run)}
{"".join(f'<p class="card">{escape(printable(complaint))}</p>' for complaint in complaints)}
{"".join(_sections(run))}</main></body></html>
"""
    return page.encode("utf-8", "replace")


def _grades(run: GateRun) -> str:
    """Return the grade of the run and of every theme, and what changed since an earlier run."""
    rows = "".join(
        f"<tr><th>{escape(theme.theme)}</th><td>{theme.grade}</td><td>{theme.kept} of {theme.total} kept</td>"
        f"<td>{f'{theme.broken} broken' if theme.broken else ''}</td></tr>"
        for theme in themes(run.results)
    )
    whole = f"<caption>Grade {grade(run.results.entries.values())}</caption>"
    changed = f"<p>{escape(printable(str(run.trend)))}</p>" if run.trend else ""
    return f'<div class="card"><table>{whole}{rows}</table>{changed}</div>'


def _causes(run: GateRun) -> Iterator[str]:
    """Yield the causes that break several promises."""
    shared = [cause for cause in run.results.causes() if len(cause.promises) > 1]
    if shared:
        yield "<h2>Causes</h2>"
    for cause in shared:
        names = ", ".join(cause.promises)
        yield f'<div class="card"><div class="name">{escape(printable(cause.what))}</div>'
        yield f"<div>{len(cause.promises)} promises: {escape(names)}</div>"
        yield f'<div class="src">{escape(by_operation(cause))}</div></div>'


def _sections(run: GateRun) -> Iterator[str]:
    yield from _causes(run)
    for entries, title in (
        (run.results.of("broken"), "Broken"),
        (run.results.of("accepted"), "Accepted by the baseline"),
    ):
        if entries:
            yield f"<h2>{title}</h2>{''.join(_open(run, entry) for entry in entries)}"
    for state, title in UNDECIDED.items():
        skipped = run.results.of(state)
        if skipped:
            yield f"<h2>{title}</h2>"
        for why in dict.fromkeys(entry.reason for entry in skipped):
            same = [entry for entry in skipped if entry.reason == why]
            yield f'<div class="card"><div>{escape(printable(why))}</div>{_rows(same)}</div>'
    kept = run.results.of("kept")
    if kept:
        yield "<h2>Kept</h2>"
    for group in dict.fromkeys(entry.promise.group for entry in kept):
        same = [entry for entry in kept if entry.promise.group == group]
        yield f'<details class="card"><summary>{escape(group)}: {len(same)}</summary>{_rows(same)}</details>'


def _rows(entries: list[PromiseResult]) -> str:
    return "".join(f'<div class="head">{_head(entry)}</div>' for entry in entries)


def _head(entry: PromiseResult) -> str:
    promise = entry.promise
    return (
        f'<span class="dot {CSS[entry.state]}" title="{entry.state}"></span><span class="name">{promise.name}</span>'
        f'<span>{escape(promise.sentence)}</span><span class="src">{escape(promise.source)}</span>'
    )


def _open(run: GateRun, entry: PromiseResult) -> str:
    """Return a promise with its deviations: those of one exchange together, then that exchange."""
    parts = [f"<div>Accepted {escape(entry.accepted)}</div>"] if entry.accepted else []
    parts.append(f"<h3>Got, in {entry.broken} of {entry.examined} checks</h3>")
    exchanges: dict[int, CheckedExchange | None] = {
        id(deviation.exchange): deviation.exchange for deviation in entry.deviations
    }
    for place, (number, exchange) in enumerate(exchanges.items()):
        lines = [printable(deviation.got) for deviation in entry.deviations if id(deviation.exchange) == number]
        parts.append(f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>")
        details = "".join(_exchange(run, exchange)) if exchange is not None else ""
        parts.append(
            f"<details><summary>request and answer</summary>{details}</details>" if place and details else details
        )
    folded = "".join(parts)
    if entry.accepted:
        folded = f"<details><summary>accepted deviations</summary>{folded}</details>"
    return f'<div class="card"><div class="head">{_head(entry)}</div><div class="more">{folded}</div></div>'


def _exchange(run: GateRun, exchange: CheckedExchange) -> Iterator[str]:
    response, body = exchange.response, packed(exchange.request)
    yield f"<h3>Request{escape(f' ({body})') if body else ''}</h3>"
    yield f"<pre>{escape(curl(run.settings.url, exchange.request))}</pre>"
    text = run.results.redact(response.body[:MOST_BODY].decode("utf-8", "replace"), exchange)
    first = f"HTTP {response.status}" if response.status else f"no answer: {response.trouble}"
    lines = "\n".join(printable(line) for line in text.splitlines())
    yield f"<h3>Answer</h3><pre>{escape(first)}\n{escape(lines)}</pre>"
