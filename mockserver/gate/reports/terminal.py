"""The calm summary: what is broken first, with the request to paste; what was not examined, and how it could be."""

import textwrap
from collections.abc import Iterator

from mockserver.gate.ledger import Entry
from mockserver.gate.reports.curl import curl
from mockserver.gate.runner import Run

WIDTH = 110


def lines(run: Run) -> Iterator[str]:
    """The summary, line by line."""
    ledger = run.ledger
    for entry in ledger.of("broken"):
        yield from _broken(run, entry)
    accepted = ledger.of("accepted")
    if accepted:
        yield "Accepted by the baseline"
        yield from (f"  {entry.promise.name:<22} {entry.accepted}" for entry in accepted)
        yield ""
    skipped = ledger.of("not examined")
    if skipped:
        yield "Not examined"
        for why in dict.fromkeys(entry.why_not for entry in skipped):
            names = ", ".join(entry.promise.name for entry in skipped if entry.why_not == why)
            yield from textwrap.wrap(f"{why}:", WIDTH, initial_indent="  ", subsequent_indent="  ")
            yield from textwrap.wrap(names, WIDTH, initial_indent="    ", subsequent_indent="    ")
        yield ""
    yield from table(run)
    if run.stopped:
        yield f"Stopped early: {run.stopped}"
    yield verdict(run)


def table(run: Run) -> Iterator[str]:
    """One line for each group of promises."""
    groups: dict[str, list[Entry]] = {}
    for entry in run.ledger.entries.values():
        groups.setdefault(entry.promise.group, []).append(entry)
    yield f"  {'':<14}{'kept':>6}{'broken':>8}{'not examined':>14}"
    for group, entries in groups.items():
        kept = sum(entry.state in ("kept", "accepted") for entry in entries)
        broken = sum(entry.state == "broken" for entry in entries)
        rest = len(entries) - kept - broken
        yield f"  {group:<14}{kept:>6}{broken or '·':>8}{rest or '·':>14}"
    yield ""


def verdict(run: Run) -> str:
    """The last line."""
    ledger = run.ledger
    broken = len(ledger.of("broken"))
    kept, skipped = len(ledger.of("kept", "accepted")), len(ledger.of("not examined"))
    said = f"{broken} promise{'' if broken == 1 else 's'} broken" if broken else "no promise broken"
    counted = f"{kept} kept, {broken} broken, {skipped} not examined (coverage {ledger.coverage:.0f} %)"
    sent = f"{run.spent.requests} requests, {run.seconds:.1f} s, seed {run.settings.seed}"
    return f"{said[0].upper()}{said[1:]}: {counted}; {sent}"


def _broken(run: Run, entry: Entry) -> Iterator[str]:
    promise = entry.promise
    yield f"BROKEN  {promise.name}  [{promise.source}]"
    yield from textwrap.wrap(promise.sentence, WIDTH, initial_indent="  expected  ", subsequent_indent="            ")
    for finding in entry.findings[:3]:
        yield from textwrap.wrap(finding.got, WIDTH, initial_indent="  got       ", subsequent_indent="            ")
    exchange = next((one.exchange for one in entry.findings if one.exchange is not None), None)
    if exchange is not None:
        command = curl(run.settings.url, exchange.asked)
        yield textwrap.indent(command if len(command) < 2500 else command[:2500] + " … (the JSON report has all)", "  ")
    yield ""


def annotations(run: Run, file: str = "openapi.yaml") -> Iterator[str]:
    """GitHub's workflow commands, one for each broken promise."""
    for entry in run.ledger.of("broken"):
        got = entry.findings[0].got if entry.findings else ""
        words = f"{entry.promise.sentence} ({entry.promise.source}) Got: {got}"
        escaped = words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        yield f"::error file={file},title=contract: {entry.promise.name}::{escaped}"
