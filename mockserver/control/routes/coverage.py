"""The route of the coverage: which documented situations clients have met, and which turns were played.

It reads the journal beside the event loop, and each exchange once: what was met is a fact of the exchange.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query, Response

from mockserver.control.context import ControlContext, JournalPart
from mockserver.control.responses import Shape
from mockserver.control.router import Context, control_router
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.coverage.documented import documented_situations
from mockserver.coverage.project_turns import turns_of
from mockserver.coverage.report import CoverageReport, as_json
from mockserver.coverage.value import GatewayCoverage, TurnPlace
from mockserver.files import yaml_reader
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record


class SituationShape(Shape):
    """A documented situation: where it is documented, the turn that makes it, and whether a client has met it."""

    name: str
    about: str
    source: str
    turn: str
    met: bool


class SituationGroupShape(Shape):
    """A group of situations."""

    name: str
    situations: list[SituationShape]


class TurnPlaceShape(Shape):
    """A turn of the operator's scenarios, with the path of its file and its line, and whether it was played."""

    path: str
    line: int
    turn: str
    played: bool


class NextTestShape(Shape):
    """A test worth writing next, for a situation that was never met; `test` is Python to begin with."""

    name: str
    test: str


class CoverageShape(Shape):
    """The coverage of the gateway by the exchanges that the journal has; it has dropped `forgotten` before them.

    `percent` is the share of the documented situations that were met. `turns` are those of scenario files and of
    scenarios in memory; shipped ones do not count.
    """

    percent: float
    met: int
    total: int
    exchanges: int
    forgotten: int
    groups: list[SituationGroupShape]
    turns: list[TurnPlaceShape]
    next: list[NextTestShape]


router = control_router("verification")


class KnownSituations:
    """The documented situations of a server's contract, and which of them an exchange has met."""

    def __init__(self, context: ControlContext) -> None:
        self.documented = documented = documented_situations(context.contract)

        @once_per_exchange
        def met(record: Record) -> frozenset[str]:
            return frozenset([name for name, situation in documented.items() if situation.met(record)])

        self.met = met


@router.get("/coverage", response_model=CoverageShape)
async def read_coverage(
    context: Context, session: str | None = None, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Say which documented situations the clients have met, and which turns of scenario files were played."""
    own, situations = context.config.own_scenarios, context.part(KnownSituations)

    def report(part: JournalPart) -> Response:
        places = _places(context.config, own)
        coverage = GatewayCoverage(
            met=frozenset[str]().union(*[situations.met(record) for record in part.records]),
            turns=frozenset([place for turns in places.values() for place in turns]),
            played=_played(part.records, places),
        )
        figures = as_json(CoverageReport(coverage, situations.documented))
        shape = CoverageShape.model_validate({**figures, "exchanges": len(part.records), "forgotten": part.forgotten})
        return Response(shape.model_dump_json(), media_type="application/json")

    return await context.read(report, session, after)


def _places(config: RuntimeConfig, own: Mapping[str, str]) -> dict[str, Sequence[TurnPlace]]:
    """Return the places of the turns of these scenarios, by scenario; without those that are no longer readable."""
    places: dict[str, Sequence[TurnPlace]] = {}
    for name, file in own.items():
        try:
            places[name] = turns_of(yaml_reader.read(config.text_of(name).encode(), file), file)
        except (OperatorError, AuthorError):
            continue
    return places


def _played(records: Sequence[Record], places: Mapping[str, Sequence[TurnPlace]]) -> frozenset[TurnPlace]:
    turns = {(record.scenario, record.turn) for record in records}
    return frozenset(
        [place for name, own in places.items() for turn, place in enumerate(own, start=1) if (name, turn) in turns]
    )
