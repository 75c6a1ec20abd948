"""Recorded answers: the bytes that a gateway sent, and when, for turns with `replay: exact`.

They come from the file beside a recording (`recording.sidecar`), one answer a line. A turn finds its answers by what it
says: its reply, error, response, stop reason and faults. So a turn can move in its file, and its condition and pace can
be edited; a turn that says something else has no recorded answer any more.
"""

from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import msgspec

from mockserver.core.conversation import Json
from mockserver.core.rng import token

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Scenario, Turn

AnswerEnd: TypeAlias = Literal["complete", "closed", "reset", "no_answer"]
"""How an answer ended: whole, cut off by the end of the connection, by a reset, or never begun."""

SAID = frozenset({"reply", "error", "response", "stop", "faults", "headers"})
"""The keys of a turn by which it finds its recorded answers."""

REMEDY = "record again, or write `replay: meaning`"


class RecordedPiece(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Bytes that came together: when, in seconds since the request, as text or else in base64, and the event's kind."""

    at: float
    text: str
    kind: str = ""
    is_base64: bool = False

    @classmethod
    def of(cls, at: float, payload: bytes, kind: str = "") -> Self:
        """Return the piece of these bytes."""
        try:
            return cls(round(at, 4), payload.decode("utf-8"), kind)
        except UnicodeDecodeError:
            return cls(round(at, 4), b64encode(payload).decode("ascii"), kind, is_base64=True)

    @property
    def payload(self) -> bytes:
        """The bytes."""
        return b64decode(self.text) if self.is_base64 else self.text.encode("utf-8")


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a recorded answer, without secrets. A body that is not JSON is left out."""

    method: str
    path: str
    query: str = ""
    body: Json = None
    retry: int = 0


class RecordedAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: what the turn says (a hash), the operation and form of the request, and the answer as it came."""

    says: str
    operation: str
    stream: bool = False
    request: RecordedRequest
    status: int
    headers: Mapping[str, str] = {}
    first: float = 0.0
    pieces: tuple[RecordedPiece, ...] = ()
    ended: AnswerEnd = "complete"

    @property
    def line(self) -> str:
        """The answer as a line of JSON."""
        return msgspec.json.encode(self).decode("utf-8") + "\n"


def read_answers(text: bytes) -> list[RecordedAnswer]:
    """Return the answers in a file of them. Raises `ValueError`, with the line, for what is none."""
    answers = list[RecordedAnswer]()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            answers.append(msgspec.json.decode(line, type=RecordedAnswer))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ValueError(f"line {number}: {error}") from None
    return answers


def says(turn: "Turn") -> str:
    """Return a hash of what a turn says."""
    return token("says", turn.model_dump_json(include=set(SAID)), length=12)


def wants_recorded(scenario: "Scenario") -> bool:
    """Return whether a turn of the scenario replays exactly."""
    return any(_is_exact(scenario, turn) for turn in scenario.turns)


def answers_by_turn(
    scenario: "Scenario",
    answers: Sequence[RecordedAnswer] | None,
    add_problem: Callable[[tuple[str | int, ...], str], None],
) -> list[tuple[RecordedAnswer, ...]]:
    """Return the recorded answers of each turn, one for each play. `answers` is None where there is no file of them.

    Turns that say the same share their answers in the order of the file.
    """
    left: dict[str, list[RecordedAnswer]] = defaultdict(list)
    for answer in answers or ():
        left[answer.says].append(answer)
    taken: list[tuple[RecordedAnswer, ...]] = []
    for number, turn in enumerate(scenario.turns):
        if not _is_exact(scenario, turn):
            taken.append(())
            continue
        if answers is None:
            place = ("turns", number, "replay") if turn.replay is not None else ("replay",)
            add_problem(
                place, f"expected recorded answers in *.frames.jsonl beside this file, which is missing; {REMEDY}"
            )
            return [()] * len(scenario.turns)
        known = left[says(turn)]
        if not known:
            add_problem(("turns", number), f"no recorded answer says what this turn says; {REMEDY} for it")
        taken.append(tuple(known[: turn.times or 1]))
        del known[: min(turn.times or 1, len(known) - 1)]
    return taken


def _is_exact(scenario: "Scenario", turn: "Turn") -> bool:
    return (turn.replay or scenario.replay) == "exact"
