"""Verification: whether the client sent what the test expects. A failure lists the differences of each request.

expect_calls(records, times, when)   this number of requests match (at least one, if no number is given)
expect_order(records, steps)         requests match one after the other; others may come between them
unmatched_requests, unplayed_turns   what a test fails for at its end
"""

from collections.abc import Mapping, Sequence

from mockserver.journal.format import list_differences, timeline
from mockserver.journal.record import JournalQuery, Record
from mockserver.scenarios.script import CompiledTurn, Script

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""

UNMATCHED = frozenset({"no_turn_matched", "unknown_route", "unknown_scenario", "unknown_chaos"})
"""The codes of requests that matched nothing."""


class ClientError(AssertionError):
    """The client under test did not do what the test expects."""


def expect_calls(
    records: Sequence[Record], times: int | None, when: Mapping[str, object], hint: str = ""
) -> list[Record]:
    """Return the requests that match `when`. Raises `ClientError` if their number is not the expected one."""
    query = JournalQuery(when)
    matching = [record for record in records if not record.differences(query)]
    if (matching and times is None) or len(matching) == times:
        return matching
    lines = [f"Expected {_amount(times)}, got {len(matching)}. Query: {query}."]
    if matching:
        lines += ["Matching requests:", timeline(matching)]
    others = [record for record in records if record not in matching]
    if others and len(matching) < (times or 1):
        lines += ["Other requests, the nearest first:", list_differences(others, query)]
    if not records:
        lines.append("No requests were recorded.")
    raise ClientError("\n".join([*lines, *([hint] if hint else [])]))


def _amount(times: int | None) -> str:
    """Return the expected number of requests in words."""
    if times is None:
        return "at least 1 matching request"
    return f"{times or 'no'} matching request{'' if times == 1 else 's'}"


def expect_order(records: Sequence[Record], steps: Sequence[Mapping[str, object]], hint: str = "") -> list[Record]:
    """Return the requests that match the steps, in their order. Raises `ClientError` where the order breaks."""
    matching: list[Record] = []
    rest = list(records)
    for number, when in enumerate(steps, start=1):
        query = JournalQuery(when)
        place = next((place for place, record in enumerate(rest) if not record.differences(query)), None)
        if place is None:
            after = f" after request {matching[-1].number}" if matching else ""
            early = [record for record in records if record not in rest and not record.differences(query)]
            lines = [f"Step {number} of {len(steps)}: no matching request{after}. Query: {query}."]
            if early:
                lines.append(f"It came too early: {', '.join([f'request {record.number}' for record in early])}.")
            lines += ["Requests after that, the nearest first:", list_differences(rest, query)] if rest else []
            raise ClientError("\n".join([*lines, "All requests:", timeline(records), *([hint] if hint else [])]))
        matching.append(rest[place])
        rest = rest[place + 1 :]
    return matching


def unmatched_requests(records: Sequence[Record]) -> list[str]:
    """Return lines for each request that matched nothing, with the reasons of each turn."""
    lines: list[str] = []
    for record in records:
        if record.code in UNMATCHED:
            reasons = record.misses or (record.answer.error,)
            lines.append(f"Request {record.number} ({record.method} {record.path}) matched nothing:")
            lines += [f"    {reason}" for reason in reasons[:10]]
    return lines


def unplayed_turns(script: Script, hits: Mapping[int, int], *, strict: bool) -> list[str]:
    """Return a line for each turn that had to be played and was not; `strict` demands every turn."""
    return [
        f"Turn {turn.number} of '{script.name}' was never played; {_demand(turn)}"
        for turn in script.turns
        if (turn.must or strict) and not hits.get(turn.number)
    ]


def _demand(turn: CompiledTurn) -> str:
    """Return why a turn has to be played."""
    return "it is marked `must`." if turn.must else "`strict` requires every turn."
