"""The value of a coverage: the names of the situations that were met, and the turns that were played.

It consists of sets, so merging is a union: the order of tests, workers and runs does not matter, and a file that is
merged twice changes nothing. As JSON it is a small file that runs of any language share.
"""

from collections.abc import Iterable, Mapping

import msgspec
import orjson

from mockserver.core.errors import OperatorError
from mockserver.journal.record import Record
from mockserver.journal.situations import Situation

FORMAT = "gateway-coverage 1"


class TurnPlace(msgspec.Struct, frozen=True, order=True):
    """Where a turn is written, with the words for people: `weather, turn 2`."""

    path: str
    line: int
    turn: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class GatewayCoverage(msgspec.Struct, frozen=True):
    """What clients have met. `turns` are those that could have been played, as far as a run knows them."""

    met: frozenset[str] = frozenset()
    turns: frozenset[TurnPlace] = frozenset()
    played: frozenset[TurnPlace] = frozenset()

    def with_exchange(
        self, record: Record, situations: Mapping[str, Situation], place: TurnPlace | None = None
    ) -> "GatewayCoverage":
        """Return the coverage after one more exchange, which a turn at `place` answered.

        A situation that was met before is not looked for again.
        """
        new = [name for name, situation in situations.items() if name not in self.met and situation.met(record)]
        is_known = place is None or place in self.played
        if not new and is_known:
            return self
        return GatewayCoverage(
            self.met.union(new), self.turns, self.played if place is None else self.played.union([place])
        )

    def with_turns(self, places: Iterable[TurnPlace]) -> "GatewayCoverage":
        """Return the coverage that also knows these turns."""
        return GatewayCoverage(self.met, self.turns.union(places), self.played)

    def merge(self, other: "GatewayCoverage") -> "GatewayCoverage":
        """Return the coverage of both together."""
        return GatewayCoverage(self.met | other.met, self.turns | other.turns, self.played | other.played)

    def to_json(self) -> bytes:
        """Return the coverage as JSON, the same for equal coverages."""
        document = {
            "format": FORMAT,
            "met": sorted(self.met),
            "turns": [_words(place) for place in sorted(self.turns)],
            "played": [_words(place) for place in sorted(self.played)],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class _CoverageDocument(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON of a coverage."""

    format: str
    met: frozenset[str]
    turns: frozenset[TurnPlace]
    played: frozenset[TurnPlace]


def from_json(text: bytes, name: str) -> GatewayCoverage:
    """Return the coverage of a JSON text; `name` is its file in messages. Raise `OperatorError` if it is none."""
    try:
        document = msgspec.json.decode(text, type=_CoverageDocument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{name}: not a coverage of the gateway ({error}); choose another file") from None
    if document.format != FORMAT:
        raise OperatorError(f"{name}: of another version ({document.format:.40}); delete it to begin anew")
    return GatewayCoverage(document.met, document.turns, document.played)


def _words(place: TurnPlace) -> dict[str, object]:
    return {"path": place.path, "line": place.line, "turn": place.turn}
