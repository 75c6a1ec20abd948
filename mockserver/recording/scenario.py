"""A recording as a scenario file: the one entry to everything else in this folder."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import orjson

from mockserver.openapi.contract import Contract
from mockserver.recording.document import dated, head_text, turn_text
from mockserver.recording.earlier import EarlierFile
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.redaction import Redaction, SecretsLeftError
from mockserver.recording.shape import Shapes
from mockserver.recording.sidecar import answer_line
from mockserver.recording.turns import RecordedTurn, recorded_turn
from mockserver.recording.volatile import exchange_of, named, twins, with_values
from mockserver.scenarios.recorded import RecordedAnswer
from mockserver.scenarios.templates import as_literal

Turn = dict[str, Any]  # Any: the words of a turn, see `scenarios.schema`


class Recording(msgspec.Struct, frozen=True):
    """A recording as text: the scenario, and the lines of the file beside it (see `sidecar`)."""

    scenario: str
    frames: str


class _Conditioned(msgspec.Struct, frozen=True):
    """The turns of a recording, and for each exchange the index of its turn; None where another one stands for it."""

    turns: list[Turn]
    numbers: list[int | None]


def scenario_of(
    exchanges: Sequence[RecordedExchange],
    name: str,
    contract: Contract,
    *,
    about: str = "",
    redaction: Redaction | None = None,
    before: str = "",
) -> str:
    """Return a scenario file that gives the same answers to the same requests, in any order; see `recording_of`."""
    return recording_of(exchanges, name, contract, about=about, redaction=redaction, before=before).scenario


def recording_of(
    exchanges: Sequence[RecordedExchange],
    name: str,
    contract: Contract,
    *,
    about: str = "",
    on: str = "",
    redaction: Redaction | None = None,
    before: str = "",
    earlier: Sequence[RecordedAnswer] = (),
) -> Recording:
    """Return the scenario file of a recording, and the file beside it. `on` is the day of the recording.

    Pass a `redaction` to add patterns, or to have the same placeholders in several files. Pass the scenario that this
    one replaces as `before`: its head and the turns that say the same stay byte for byte. Pass the answers of an
    `earlier` recording of the same requests, and the file answers both (see `volatile`). Raises `SecretsLeftError` if a
    secret would be in a file.
    """
    redaction = redaction if redaction is not None else Redaction()
    turns = _recorded(exchanges, contract, redaction)
    others = [recorded_turn(exchange_of(answer), contract) for answer in earlier]
    replaced, conditioned = EarlierFile(before, name), _conditioned(turns, others, redaction)
    head = dated(replaced.head, on) or head_text(name, about, on)
    text = head + "".join([replaced.text_of(turn) or turn_text(turn) for turn in conditioned.turns])
    recording = Recording(text, _frames(exchanges, turns, conditioned, contract, redaction))
    refuse_secrets(recording.scenario + recording.frames, name, redaction)
    return recording


def turns_of(exchanges: Sequence[RecordedExchange], contract: Contract, redaction: Redaction) -> list[Turn]:
    """Return the turns that give the same answers, with their conditions and without secrets."""
    return _conditioned(_recorded(exchanges, contract, redaction), (), redaction).turns


def turns_and_frames(
    exchanges: Sequence[RecordedExchange], contract: Contract, redaction: Redaction
) -> tuple[list[Turn], str]:
    """Return the turns that give the same answers, and their lines for the file beside the scenario."""
    turns = _recorded(exchanges, contract, redaction)
    conditioned = _conditioned(turns, (), redaction)
    return conditioned.turns, _frames(exchanges, turns, conditioned, contract, redaction)


def refuse_secrets(text: str, name: str, redaction: Redaction) -> None:
    """Raise `SecretsLeftError` if a text still has a secret."""
    if left := redaction.leaks(text):
        raise SecretsLeftError(f"the recording '{name}' still has secrets, so it is not written: {', '.join(left)}")


def _frames(
    exchanges: Sequence[RecordedExchange],
    turns: Sequence[RecordedTurn],
    conditioned: _Conditioned,
    contract: Contract,
    redaction: Redaction,
) -> str:
    """Return the lines of the file beside a scenario."""
    lines = [
        answer_line(exchange, turn, conditioned.turns[number], contract, redaction)
        for exchange, turn, number in zip(exchanges, turns, conditioned.numbers, strict=True)
        if number is not None
    ]
    return "".join(lines)


def _recorded(exchanges: Sequence[RecordedExchange], contract: Contract, redaction: Redaction) -> list[RecordedTurn]:
    """Return the turns without their conditions. The redaction knows their secrets afterwards."""
    for exchange in exchanges:
        redaction.learn(exchange)
    turns = [recorded_turn(exchange, contract) for exchange in exchanges]
    for turn in turns:
        redaction.learn_from(turn.words)
    return turns


def _conditioned(
    recorded: Sequence[RecordedTurn], earlier: Sequence[RecordedTurn], redaction: Redaction
) -> _Conditioned:
    """Return the turns with their conditions and without secrets. Tries of one call that fail alike are one turn."""
    turns: list[Turn] = []
    numbers: list[int | None] = []
    last_of: dict[bytes, int] = {}
    for turn, made in zip(recorded, _turns(recorded, earlier, redaction), strict=True):
        key = orjson.dumps(made["when"])
        before = turns[last_of[key]] if key in last_of else None
        if before is not None and _is_again(before, made, turn):
            before["times"] = "always" if turn.call.conversation is None else before.get("times", 1) + 1
            numbers.append(None if turn.call.conversation is None else last_of[key])
            continue
        last_of[key] = len(turns)
        numbers.append(len(turns))
        turns.append(made)
    return _Conditioned(turns, numbers)


def _turns(recorded: Sequence[RecordedTurn], earlier: Sequence[RecordedTurn], redaction: Redaction) -> Iterator[Turn]:
    """Yield each turn of its own, with its condition, without secrets, and with the names of volatile values."""
    calls, others = [turn.call for turn in recorded], [turn.call for turn in earlier]
    pairs = twins(calls, others, redaction.redact_text)
    templates = {text: template for twin in pairs if twin is not None for text, template in twin.templates.items()}

    def shown(text: str) -> str:
        text = redaction.redact_text(text)
        return templates.get(text, text)

    shapes = Shapes([*calls, *others], shown)
    for number, (turn, twin) in enumerate(zip(recorded, pairs, strict=True)):
        condition = redaction.redact(shapes.condition(number))
        words = redaction.redact({name: as_literal(value) for name, value in turn.words.items()})
        conversation = turn.call.conversation
        if twin is not None and twin.values and conversation is not None:
            words = named(words, as_literal(earlier[twin.number].words), twin)
            condition = with_values(condition, words, twin, conversation, redaction.redact_text)
        yield {"when": condition, **words}


def _is_again(before: Turn, turn: Turn, recorded: RecordedTurn) -> bool:
    """Return whether a turn repeats the one before.

    It does if it is a retry that failed alike, the answer of a plain route, or an answer that was given once more.
    """
    if {name: value for name, value in before.items() if name != "times"} != turn:
        return False
    return recorded.call.conversation is None or recorded.repeats or bool(recorded.retry and "error" in turn)
