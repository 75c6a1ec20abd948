"""The summary for a terminal: what is broken first, with the request to paste, then what was not examined."""

import textwrap
from collections.abc import Iterator

from mockserver.contracts.exchange import SentRequest
from mockserver.gate.causes import SEVERAL, Cause
from mockserver.gate.reports.curl import curl, packed
from mockserver.gate.reports.text import printable
from mockserver.gate.results import STATES, PromiseResult, State
from mockserver.gate.runner import GateRun

WIDTH = 100
"""Columns, if the width of the terminal is unknown. Commands are never wrapped, so that they can be pasted."""

MOST_SHOWN = 3
"""Deviations shown for one promise. The JSON report has more."""


def lines(run: GateRun, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of the summary."""
    results = run.results
    for cause in results.causes():
        yield from _cause(run, cause, width)
    accepted = results.of("accepted")
    if accepted:
        yield "Accepted by the baseline"
        for entry in accepted:
            yield from _wrapped(f"  {entry.name:<22} ", entry.accepted, width)
        yield ""
    for state, title in UNDECIDED.items():
        yield from _undecided(title, results.of(state), width)
    yield from table(run)
    for words in (*run.trouble, *run.notes, *([str(run.trend)] if run.trend else [])):
        yield from _wrapped("", printable(words), width)
    yield from _wrapped("", headline(run), width)
    yield from _wrapped("  ", effort(run), width)


UNDECIDED: dict[State, str] = {
    "error": "Errors of the gate itself, which say nothing about the target",
    "not offered": "Not offered by the target",
    "not examined": "Not examined",
}
"""The states in which the target neither keeps nor breaks a promise -> the title of their list."""


def _undecided(title: str, entries: list[PromiseResult], width: int) -> Iterator[str]:
    if not entries:
        return
    yield title
    for why in dict.fromkeys(entry.reason for entry in entries):
        yield from _wrapped("  ", f"{printable(why)}:", width)
        yield from _wrapped("    ", ", ".join(entry.name for entry in entries if entry.reason == why), width)
    yield ""


def table(run: GateRun) -> Iterator[str]:
    """Yield one line for each group of promises."""
    groups: dict[str, list[PromiseResult]] = {}
    for entry in run.results.entries.values():
        groups.setdefault(entry.promise.group, []).append(entry)
    states = [state for state in STATES if state in ALWAYS_SHOWN or run.results.of(state)]
    yield f"  {'':<14}{''.join(f'{state:>{len(state) + 2}}' for state in states)}"
    for group, entries in groups.items():
        counts = [sum(entry.state == state for entry in entries) for state in states]
        cells = (f"{count or '·':>{len(state) + 2}}" for state, count in zip(states, counts, strict=True))
        yield f"  {group:<14}{''.join(cells)}"
    yield ""


ALWAYS_SHOWN: tuple[State, ...] = ("kept", "broken", "not examined")
"""States that a table has even if no promise is in them."""


def headline(run: GateRun) -> str:
    """Return the line that counts the promises by state. Only a finished run says that no promise is broken."""
    results = run.results
    counts = {state: len(results.of(state)) for state in STATES}
    broken, causes = counts["broken"], len(results.causes())
    if broken:
        words = f"{broken} promise{'' if broken == 1 else 's'} broken"
        words += f" by {causes} cause{'' if causes == 1 else 's'}" if causes < broken else ""
    else:
        words = "Unfinished, none broken so far" if run.is_unfinished else "No promise broken"
    parts = [f"{count} {state}" for state, count in counts.items() if count or state in ALWAYS_SHOWN]
    return f"{words}: {', '.join(parts)} (coverage {results.coverage:.0f} %)"


def effort(run: GateRun) -> str:
    """Return how many requests and how much time the run took."""
    rounds = f", {run.rounds} whole round{'' if run.rounds == 1 else 's'}" if run.settings.profile.rounds > 1 else ""
    counted = run.settings.profile.budget.tokens is not None
    tokens = f" of at most {run.spent.tokens:,} tokens" if counted else ""
    sent = f"{run.spent.requests:,} request{'' if run.spent.requests == 1 else 's'}{tokens}"
    return f"{sent}, {run.seconds:.1f} s, seed {run.settings.seed}{rounds}; answers begin after {run.pace}"


def _cause(run: GateRun, cause: Cause, width: int) -> Iterator[str]:
    """Yield one cause: the promise that it breaks, or all of them."""
    if len(cause.promises) == 1:
        yield from _broken(run, run.results.entries[cause.promises[0]], cause, width)
        return
    yield f"BROKEN  {len(cause.promises)} promises by one cause: {printable(cause.what)}"
    yield from _wrapped("  promises  ", ", ".join(cause.promises), width)
    yield from _wrapped("  seen      ", by_operation(cause), width)
    yield from _wrapped("  first     ", printable(f"{cause.first.promise}: {cause.first.got}"), width)
    if cause.first.exchange is not None:
        yield from _request(run, cause.first.exchange.request, width)
    yield ""


def by_operation(cause: Cause) -> str:
    """Return how often a cause was seen, in all and by operation."""
    times = "once" if cause.count == 1 else f"{cause.count} times"
    if len(cause.operations) == 1:
        name = next(iter(cause.operations))
        return times if name == SEVERAL else f"{times}: {name}"
    return f"{times}: " + ", ".join(f"{name} {count}" for name, count in cause.operations.items())


def _broken(run: GateRun, entry: PromiseResult, cause: Cause, width: int) -> Iterator[str]:
    promise = entry.promise
    yield f"BROKEN  {promise.name}  [{promise.source}]"
    yield from _wrapped("  expected  ", promise.sentence, width)
    for got in list(dict.fromkeys(deviation.got for deviation in entry.deviations))[:MOST_SHOWN]:
        yield from _wrapped("  got       ", printable(got), width)
    if entry.broken > 1:
        yield from _wrapped(
            "  seen      ", f"in {entry.broken} of {entry.examined} checks; {by_operation(cause)}", width
        )
    if entry.exchange is not None:
        yield from _request(run, entry.exchange.request, width)
    yield ""


def _request(run: GateRun, request: SentRequest, width: int) -> Iterator[str]:
    if packed(request):
        yield from _wrapped("  body      ", packed(request), width)
    yield "  " + curl(run.settings.url, request).replace(" \\\n", " \\\n  ")


def _wrapped(before: str, text: str, width: int) -> list[str]:
    after = " " * len(before)
    return textwrap.wrap(text, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False) or [
        before.rstrip()
    ]
