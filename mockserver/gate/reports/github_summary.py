"""The summary on the page of a GitHub Actions job, as Markdown: the verdict, the causes, the promises by group.

Under the causes is a command for each, with which the first request can be sent again.
"""

import re
from collections.abc import Iterator

from mockserver.gate.causes import Cause
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import ALWAYS_SHOWN, UNDECIDED, by_operation, effort, headline
from mockserver.gate.reports.text import printable
from mockserver.gate.results import STATES
from mockserver.gate.runner import GateRun

MOST_CAUSES = 30
"""Causes in the table; GitHub shows a summary of 1 MiB at most."""

LONGEST = 200
"""Characters of a cell."""

LONGEST_COMMAND = 4000
"""Characters of a command that is shown; the other reports have the longer ones."""


def markdown(run: GateRun) -> str:
    """Return the summary of a run."""
    return "\n".join([*_lines(run), ""])


def _lines(run: GateRun) -> Iterator[str]:
    yield f"## Contract of {_cell(run.settings.url)}"
    yield f"\n**{_cell(headline(run))}**\n"
    for words in (*run.trouble, *run.notes, *([str(run.trend)] if run.trend else [])):
        yield f"- {_cell(words)}"
    yield from _causes(run)
    yield from _groups(run)
    for state, title in UNDECIDED.items():
        entries = run.results.of(state)
        if entries:
            yield f"\n<details><summary>{title}: {len(entries)}</summary>\n"
            for why in dict.fromkeys(entry.reason for entry in entries):
                names = ", ".join(f"`{entry.name}`" for entry in entries if entry.reason == why)
                yield f"- {_cell(why)}: {names}"
            yield "\n</details>"
    yield f"\n{_cell(effort(run))}"


def _causes(run: GateRun) -> Iterator[str]:
    causes = run.results.causes()
    if not causes:
        return
    yield "\n| broken | what came | seen |\n|---|---|---|"
    for cause in causes[:MOST_CAUSES]:
        came = cause.what if len(cause.promises) > 1 else cause.first.got
        yield f"| {_promised(run, cause)} | {_cell(came)} | {_cell(by_operation(cause))} |"
    if len(causes) > MOST_CAUSES:
        yield f"\n{len(causes) - MOST_CAUSES} more causes are in the other reports."
    yield from _commands(run, causes[:MOST_CAUSES])


def _promised(run: GateRun, cause: Cause) -> str:
    """Return the promises that a cause breaks; of a single one also what it says."""
    names = ", ".join(f"`{name}`" for name in cause.promises)
    alone = run.results.entries[cause.promises[0]].promise.sentence if len(cause.promises) == 1 else ""
    return f"{names}: {_cell(alone)}" if alone else names


def _commands(run: GateRun, causes: list[Cause]) -> Iterator[str]:
    asked = [(cause, cause.first.exchange.request) for cause in causes if cause.first.exchange is not None]
    if not asked:
        return
    yield "\n<details><summary>Ask again</summary>\n"
    for cause, request in asked:
        command = curl(run.settings.url, request)
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", command)), default=0))
        if len(command) <= LONGEST_COMMAND:
            yield f"`{cause.promises[0]}`\n\n{fence}sh\n{command}\n{fence}\n"
    yield "</details>"


def _groups(run: GateRun) -> Iterator[str]:
    states = [state for state in STATES if state in ALWAYS_SHOWN or run.results.of(state)]
    yield f"\n| | {' | '.join(states)} |\n|---|{'---:|' * len(states)}"
    entries = list(run.results.entries.values())
    for group in dict.fromkeys(entry.promise.group for entry in entries):
        mine = [entry for entry in entries if entry.promise.group == group]
        counts = [sum(entry.state == state for entry in mine) for state in states]
        yield f"| {group} | {' | '.join(str(count or '') for count in counts)} |"


def _cell(text: str) -> str:
    """Return a text that stays in its cell and is no markup, whatever a target said."""
    short = printable(text[:LONGEST]) + ("…" if len(text) > LONGEST else "")
    return re.sub(r"([\\`*_{}\[\]<>|#&~])", r"\\\1", short)
