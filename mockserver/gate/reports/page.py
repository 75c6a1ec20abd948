"""The run as one HTML file: nothing is loaded, no script runs, and everything that a target said is escaped."""

from html import escape

from mockserver.gate.ledger import Entry
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import effort, verdict
from mockserver.gate.runner import Run

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#667;--line:#d8dde3;--card:#fff;--page:#f6f7f9;--good:#1a7f4b;
--bad:#c0392b;--idle:#8a8f98;--code:#f0f2f5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa3b0;--line:#343a44;--card:#1d2128;--page:#14171c;
--good:#4cc38a;--bad:#ff7b6b;--idle:#808894;--code:#262b33}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.2rem 4rem}h1{font-size:1.5rem;margin:0 0 .2rem}
h2{font-size:1rem;margin:2rem 0 .5rem;text-transform:capitalize}.soft{color:var(--soft)}
.bar{display:flex;height:.6rem;border-radius:.3rem;overflow:hidden;margin:1.2rem 0 .4rem;background:var(--line)}
.bar i{display:block}.kept{background:var(--good)}.broken{background:var(--bad)}.accepted,.idle{background:var(--idle)}
details,.row{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.35rem 0;
padding:.5rem .8rem}
summary,.row{display:grid;grid-template-columns:.8rem 13rem 1fr auto;gap:.8rem;align-items:baseline;cursor:default}
summary{cursor:pointer;list-style:none}.dot{width:.7rem;height:.7rem;border-radius:50%;align-self:center}
.name{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}.src{font-size:.8rem;color:var(--soft)}
pre{background:var(--code);padding:.8rem;border-radius:.4rem;overflow:auto;font-size:.8rem;white-space:pre-wrap;
overflow-wrap:anywhere}dt{font-weight:600;margin-top:.6rem}dd{margin:0}
@media(max-width:46rem){summary,.row{grid-template-columns:.8rem 1fr}}
"""

CSS = {"kept": "kept", "broken": "broken", "accepted": "accepted", "not examined": "idle"}


def html_report(run: Run) -> bytes:
    """The page."""
    ledger, settings = run.ledger, run.settings
    total = max(1, len(ledger.entries))
    bar = "".join(
        f'<i class="{CSS[state]}" style="width:{100 * len(ledger.of(state)) / total:.2f}%" title="{state}"></i>'
        for state in ("kept", "broken", "accepted", "not examined")
    )
    broken = "".join(_open(run, entry) for entry in ledger.of("broken"))
    groups = dict.fromkeys(entry.promise.group for entry in ledger.entries.values())
    rest = "".join(f"<h2>{escape(group)}</h2>{_group(run, group)}" for group in groups)
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Contract of {escape(settings.url)}</title>
<style>{STYLE}</style></head><body><main>
<h1>Contract of {escape(settings.url)}</h1>
<div class="soft">profile {settings.profile.name}, seed {settings.seed}</div>
<div class="bar">{bar}</div><div>{escape(verdict(run))}</div><div class="soft">{escape(effort(run))}</div>
{f"<p>Stopped early: {escape(run.stopped)}</p>" if run.stopped else ""}
{f"<h2>Broken</h2>{broken}" if broken else ""}{rest}</main></body></html>
"""
    return page.encode("utf-8", "replace")


def _group(run: Run, group: str) -> str:
    entries = [one for one in run.ledger.entries.values() if one.promise.group == group and one.state != "broken"]
    return "".join(_open(run, entry) if entry.findings else _row(entry) for entry in entries) or (
        '<div class="soft">all of them are above</div>'
    )


def _head(entry: Entry) -> str:
    promise = entry.promise
    return (
        f'<span class="dot {CSS[entry.state]}" title="{entry.state}"></span><span class="name">{promise.name}</span>'
        f'<span>{escape(promise.sentence)}</span><span class="src">{escape(promise.source)}</span>'
    )


def _row(entry: Entry) -> str:
    why = f'<span></span><span></span><span class="soft">{escape(entry.why_not)}</span>'
    return f'<div class="row">{_head(entry)}{why if entry.state == "not examined" else ""}</div>'


def _open(run: Run, entry: Entry) -> str:
    told = []
    for finding in entry.findings:
        told.append(f"<dt>Got</dt><dd>{escape(finding.got)}</dd>")
        if finding.exchange is not None:
            body = run.ledger.hide(finding.exchange.answer.body[:2000].decode("utf-8", "replace"), finding.exchange)
            told.append(f"<dd><pre>{escape(curl(run.settings.url, finding.exchange.asked))}</pre>")
            told.append(f"<pre>HTTP {finding.exchange.answer.status}\n{escape(body)}</pre></dd>")
    accepted = f"<dt>Accepted</dt><dd>{escape(entry.accepted)}</dd>" if entry.accepted else ""
    opened = " open" if entry.state == "broken" else ""
    return f"<details{opened}><summary>{_head(entry)}</summary><dl>{accepted}{''.join(told)}</dl></details>"
