"""Verification: whether the client did what it should have done. What fails is told as a diff in words.

called(records, times, words)    so many requests were so (at least one, if no number is given)
ordered(records, steps)          requests were so, one after the other; others may stand between
unfulfilled(...)                 what a strict test ends with: requests that matched nothing, turns not played
"""

from collections.abc import Mapping, Sequence

from mockserver.journal.format import apart, timeline
from mockserver.journal.record import JournalQuery, Record
from mockserver.scenarios.compile import CompiledTurn, Script

__tracebackhide__ = True
"""A failing test shows its own line, not ours (pytest looks for this name)."""

UNMATCHED = frozenset({"no_turn_matched", "unknown_route", "unknown_scenario", "unknown_chaos"})
"""The codes of requests that matched nothing."""


class ClientError(AssertionError):
    """The client under test did not do what it should have done."""


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def called(records: Sequence[Record], times: int | None, words: Mapping[str, object], hint: str = "") -> list[Record]:
    """The requests that are so. Raises `ClientError` if there are not so many."""
    asked = JournalQuery(words)
    found = [record for record in records if not record.differences(asked)]
    if (found and times is None) or len(found) == times:
        return found
    wanted = "at least one request" if times is None else f"exactly {times} request{'' if times == 1 else 's'}"
    wanted = "no request" if times == 0 else wanted
    lines = [f"Wanted {wanted} with {asked}; it came {_times(len(found))}."]
    if found:
        lines += ["These came:", *[f"  {line}" for line in timeline(found).splitlines()]]
    others = [record for record in records if record not in found]
    if others and len(found) < (times or 1):
        lines += ["What came instead, the nearest first:", apart(others, asked)]
    if not records:
        lines.append("No request came at all.")
    raise ClientError("\n".join([*lines, *([hint] if hint else [])]))


def ordered(records: Sequence[Record], steps: Sequence[Mapping[str, object]], hint: str = "") -> list[Record]:
    """The requests that are so, in this order. Raises `ClientError` where the order breaks."""
    found: list[Record] = []
    rest = list(records)
    for number, words in enumerate(steps, start=1):
        asked = JournalQuery(words)
        place = next((n for n, record in enumerate(rest) if not record.differences(asked)), None)
        if place is None:
            after = f"after request {found[-1].number}" if found else "at all"
            early = [record for record in records if record not in rest and not record.differences(asked)]
            lines = [f"Step {number} of {len(steps)} did not come {after}: {asked}."]
            if early:
                lines.append(f"It came too early: {', '.join([f'request {record.number}' for record in early])}.")
            lines += ["Requests after that, the nearest first:", apart(rest, asked)] if rest else []
            raise ClientError("\n".join([*lines, "All of them:", timeline(records), *([hint] if hint else [])]))
        found.append(rest[place])
        rest = rest[place + 1 :]
    return found


def unmatched(records: Sequence[Record]) -> list[str]:
    """A line for each request that matched nothing, with how near each turn was."""
    lines: list[str] = []
    for record in records:
        if record.code in UNMATCHED:
            why = record.misses or (record.answer.error,)
            lines.append(f"Request {record.number} ({record.method} {record.path}) matched nothing:")
            lines += [f"    {reason}" for reason in why[:10]]
    return lines


def unplayed(script: Script, hits: Mapping[int, int], *, strict: bool) -> list[str]:
    """A line for each turn that should have been played and was not."""
    return [
        f"Turn {turn.number} of '{script.name}' was never played; {_why(turn, strict)}"
        for turn in script.turns
        if (turn.must or strict) and not hits.get(turn.number)
    ]


def _why(turn: CompiledTurn, strict: bool) -> str:
    return "it is marked `must`." if turn.must else "`strict` asks for every turn."
