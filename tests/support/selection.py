"""What `-m` leaves out as a whole is not even imported: each worker collects the suite, and SDKs are large."""

from collections.abc import Sequence
from pathlib import Path

import pytest


def is_left_out(path: Path, config: pytest.Config, mark: str, places: Sequence[str]) -> bool:
    """Return whether all of a path has this mark, since it is one of these places, and `-m` wants none with it."""
    if f"not {mark}" not in str(config.option.markexpr).split(" and ") or not path.is_relative_to(config.rootpath):
        return False
    return path.relative_to(config.rootpath).as_posix() in [place.rstrip("/") for place in places]
