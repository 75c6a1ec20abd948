"""The report of a coverage: what was met of all documented situations, and what of the project was never played.

`CoverageReport` has the figures; `lines` and `as_json` are two of its forms, `html.py` has the third. The percentage
counts situations. Turns are counted beside it: they belong to the project and not to the gateway.
"""

from collections.abc import Iterable, Iterator, Mapping

from mockserver.coverage.documented import by_urgency, sample_test
from mockserver.coverage.value import GatewayCoverage, TurnPlace
from mockserver.journal.situations import Situation

NEXT = 3
"""How many tests a report suggests to write next."""


class CoverageReport:
    """The figures of a coverage. `turns` are those of the project that the run itself did not load."""

    def __init__(
        self, coverage: GatewayCoverage, situations: Mapping[str, Situation], turns: Iterable[TurnPlace] = ()
    ) -> None:
        self.situations = situations
        self.met = frozenset([name for name in situations if name in coverage.met])
        self.missing = {name: situation for name, situation in situations.items() if name not in self.met}
        self.turns = sorted(coverage.turns.union(turns) | coverage.played)
        self.played = coverage.played
        self.unplayed = [place for place in self.turns if place not in coverage.played]

    @property
    def percent(self) -> float:
        """How many of the situations were met; 100 if there is none."""
        return 100 * len(self.met) / len(self.situations) if self.situations else 100.0

    @property
    def groups(self) -> dict[str, list[Situation]]:
        """The situations by group."""
        groups: dict[str, list[Situation]] = {}
        for situation in self.situations.values():
            groups.setdefault(situation.group, []).append(situation)
        return groups

    @property
    def next(self) -> list[Situation]:
        """The situations of which to write a test next, of groups that differ as far as possible."""
        left = by_urgency(self.missing)
        firsts = {situation.group: situation for situation in reversed(left)}
        chosen = [situation for situation in left if firsts[situation.group] is situation]
        return [*chosen, *[situation for situation in left if situation not in chosen]][:NEXT]

    @property
    def headline(self) -> str:
        """The figures in one line."""
        words = f"Coverage of the gateway: {whole_percent(self.percent)} %"
        words += f" ({len(self.met)} of {len(self.situations)} documented situations met)"
        if self.turns:
            words += f"; {len(self.turns) - len(self.unplayed)} of {len(self.turns)} turns played"
        return words


def whole_percent(percent: float) -> int:
    """Return a percentage without its fraction: 100 means all."""
    return int(percent)


def lines(report: CoverageReport) -> Iterator[str]:
    """Yield the lines of the report for a terminal. None is wrapped, so that turns can be copied."""
    longest = max([len(name) for name in report.groups], default=0)
    for group, situations in report.groups.items():
        met = sum([situation.name in report.met for situation in situations])
        yield f"  {group:<{longest}}  {f'{met} of {len(situations)}':>8}"
    if report.missing:
        yield from _missing(report)
    if report.unplayed:
        yield from _unplayed(report)
    if report.next:
        yield ""
        yield f"The next {'test' if len(report.next) == 1 else f'{len(report.next)} tests'} to write:"
    for situation in report.next:
        yield ""
        yield from [f"  {line}" for line in sample_test(situation).splitlines()]
    yield ""
    yield report.headline


def _missing(report: CoverageReport) -> Iterator[str]:
    longest = max([len(name) for name in report.missing])
    yield ""
    yield f"{'Never met':<{longest + 2}}  the turn that makes it"
    for name, situation in report.missing.items():
        yield f"  {name:<{longest}}  {situation.turn}"


def _unplayed(report: CoverageReport) -> Iterator[str]:
    """Yield a line for each scenario that was never played, and for each turn of the others."""
    yield ""
    yield "Never played"
    longest = max([len(str(place)) for place in report.unplayed])
    for path in dict.fromkeys([place.path for place in report.unplayed]):
        own = [place for place in report.unplayed if place.path == path]
        if len(own) > 1 and _is_scenario(path) and not any(place.path == path for place in report.played):
            yield f"  {own[0]!s:<{longest}}  the whole scenario, {len(own)} turns"
            continue
        for place in own:
            yield f"  {place!s:<{longest}}  {place.turn}"


def _is_scenario(path: str) -> bool:
    return path.endswith((".yaml", ".yml"))


def as_json(report: CoverageReport) -> dict[str, object]:
    """Return the report for programs."""
    return {
        "percent": round(report.percent, 2),
        "met": len(report.met),
        "total": len(report.situations),
        "groups": [
            {
                "name": group,
                "situations": [
                    {
                        "name": situation.name,
                        "about": situation.about,
                        "source": situation.source,
                        "turn": situation.turn,
                        "met": situation.name in report.met,
                    }
                    for situation in situations
                ],
            }
            for group, situations in report.groups.items()
        ],
        "turns": [
            {"path": place.path, "line": place.line, "turn": place.turn, "played": place in report.played}
            for place in report.turns
        ],
        "next": [{"name": situation.name, "test": sample_test(situation)} for situation in report.next],
    }
