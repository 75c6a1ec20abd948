"""The file of recorded answers beside a scenario file: `weather.frames.jsonl` beside `weather.yaml`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.core.errors import OperatorError
from mockserver.scenarios.recorded import RecordedAnswer, read_answers, wants_recorded

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Scenario

SUFFIX = ".frames.jsonl"


def sidecar_of(file: Path) -> Path:
    """Return where the recorded answers of a scenario file are."""
    return file.with_name(file.stem + SUFFIX)


def recorded_answers(scenario: "Scenario", file: str) -> Sequence[RecordedAnswer] | None:
    """Return the recorded answers that a scenario needs; none are read for one that needs none.

    None says that there is no such file. Raises `OperatorError` for one that cannot be read.
    """
    if not wants_recorded(scenario):
        return ()
    path = sidecar_of(Path(file))
    try:
        return read_answers(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
