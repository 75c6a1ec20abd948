"""The summary for a terminal: what is broken first, with the request to paste, then what was not examined."""

import textwrap
from collections.abc import Iterator

from mockserver.gate.reports.curl import curl, packed
from mockserver.gate.reports.text import printable
from mockserver.gate.results import PromiseResult, State
from mockserver.gate.runner import GateRun

WIDTH = 100
"""Columns, if the width of the terminal is unknown. Commands are never wrapped, so that they can be pasted."""

MOST_SHOWN = 3
"""Deviations shown for one promise. The JSON report has more."""


def lines(run: GateRun, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of the summary."""
    results = run.results
    for entry in results.of("broken"):
        yield from _broken(run, entry, width)
    accepted = results.of("accepted")
    if accepted:
        yield "Accepted by the baseline"
        for entry in accepted:
            yield from _wrapped(f"  {entry.promise.name:<22} ", entry.accepted, width)
        yield ""
    skipped = results.of("not examined")
    if skipped:
        yield "Not examined"
        for why in dict.fromkeys(entry.reason for entry in skipped):
            yield from _wrapped("  ", f"{why}:", width)
            names = ", ".join(entry.promise.name for entry in skipped if entry.reason == why)
            yield from _wrapped("    ", names, width)
        yield ""
    yield from table(run)
    if run.stopped:
        yield from _wrapped("", f"Stopped early: {run.stopped}", width)
    for complaint in run.complaints:
        yield from _wrapped("", complaint, width)
    yield from _wrapped("", headline(run), width)
    yield from _wrapped("  ", effort(run), width)


def table(run: GateRun) -> Iterator[str]:
    """Yield one line for each group of promises."""
    groups: dict[str, list[PromiseResult]] = {}
    for entry in run.results.entries.values():
        groups.setdefault(entry.promise.group, []).append(entry)
    states = [state for state in STATES if state != "accepted" or run.results.of("accepted")]
    yield f"  {'':<14}{''.join(f'{state:>{len(state) + 2}}' for state in states)}"
    for group, entries in groups.items():
        counts = [sum(entry.state == state for entry in entries) for state in states]
        cells = (f"{count or '·':>{len(state) + 2}}" for state, count in zip(states, counts, strict=True))
        yield f"  {group:<14}{''.join(cells)}"
    yield ""


STATES: tuple[State, ...] = ("kept", "broken", "accepted", "not examined")


def headline(run: GateRun) -> str:
    """Return the line that counts the promises by state."""
    results = run.results
    counts = {state: len(results.of(state)) for state in STATES}
    broken = counts["broken"]
    words = f"{broken} promise{'' if broken == 1 else 's'} broken" if broken else "No promise broken"
    parts = [f"{count} {state}" for state, count in counts.items() if count or state != "accepted"]
    return f"{words}: {', '.join(parts)} (coverage {results.coverage:.0f} %)"


def effort(run: GateRun) -> str:
    """Return how many requests and how much time the run took."""
    rounds = f", {run.rounds} whole round{'' if run.rounds == 1 else 's'}" if run.settings.profile.rounds > 1 else ""
    counted = run.settings.profile.budget.tokens is not None
    tokens = f" of at most {run.spent.tokens:,} tokens" if counted else ""
    sent = f"{run.spent.requests:,} request{'' if run.spent.requests == 1 else 's'}{tokens}"
    return f"{sent}, {run.seconds:.1f} s, seed {run.settings.seed}{rounds}"


def _broken(run: GateRun, entry: PromiseResult, width: int) -> Iterator[str]:
    promise = entry.promise
    yield f"BROKEN  {promise.name}  [{promise.source}]"
    yield from _wrapped("  expected  ", promise.sentence, width)
    for deviation in entry.deviations[:MOST_SHOWN]:
        yield from _wrapped("  got       ", printable(deviation.got), width)
    if entry.broken > MOST_SHOWN:
        yield f"            in {entry.broken} of {entry.examined} checks"
    if entry.exchange is not None:
        request = entry.exchange.request
        yield from _wrapped("  body      ", packed(request), width) if packed(request) else ()
        yield "  " + curl(run.settings.url, request).replace(" \\\n", " \\\n  ")
    yield ""


def _wrapped(before: str, text: str, width: int) -> list[str]:
    after = " " * len(before)
    return textwrap.wrap(text, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False) or [
        before.rstrip()
    ]
