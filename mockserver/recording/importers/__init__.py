"""Importers: recordings and fixtures of other tools, as a scenario.

Each format is one file of this folder and one line of the table. What a format has and a scenario has not is a *loss*:
the importer reports it with its place, and drops nothing in silence.
"""

from collections.abc import Mapping, Sequence

from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError
from mockserver.openapi.contract import Contract
from mockserver.recording.document import head_text, turn_text
from mockserver.recording.importers.aimock import AIMOCK
from mockserver.recording.importers.har import HAR
from mockserver.recording.importers.imported import Imported, ImportFormat
from mockserver.recording.importers.llmposter import LLMPOSTER
from mockserver.recording.importers.vcr import VCR
from mockserver.recording.redaction import Redaction
from mockserver.recording.scenario import refuse_secrets, turns_of

FORMATS: Mapping[str, ImportFormat] = {format.name: format for format in (HAR, VCR, AIMOCK, LLMPOSTER)}
"""The formats by name, in the order in which a file is tried."""


def read(value: Json, name: str | None = None) -> Imported:
    """Return what a file says. `name` is its format; recognised if None. Raises `OperatorError` if it is of none."""
    if name is not None:
        return FORMATS[name].read(value)
    for format in FORMATS.values():
        if format.recognises(value):
            return format.read(value)
    raise OperatorError(f"the file is none of these: {', '.join([format.title for format in FORMATS.values()])}")


def scenario_from(imported: Imported, name: str, contract: Contract, patterns: Sequence[str] = ()) -> str:
    """Return a scenario file of what was imported. Raises `SecretsLeftError` if a secret would be in it."""
    redaction = Redaction(patterns)
    for turn in imported.turns:
        redaction.learn_from(turn)
    turns = [*turns_of(imported.exchanges, contract, redaction), *[redaction.redact(turn) for turn in imported.turns]]
    if not turns:
        raise OperatorError("nothing in the file can become a turn")
    text = head_text(name, imported.about) + "".join([turn_text(turn) for turn in turns])
    refuse_secrets(text, name, redaction)
    return text


__all__ = ["FORMATS", "read", "scenario_from"]
