"""`serve --watch`: what was chosen is loaded again whenever it is saved; what is wrong with it keeps what plays."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from mockserver.core.errors import AuthorError, OperatorError

if TYPE_CHECKING:
    from mockserver.files.library import Library
    from mockserver.openapi.contract import Contract

log = logging.getLogger("mockserver")

Place: TypeAlias = "Callable[[Library], None]"
"""Puts a library in the place of the one that plays."""

KEPT = "Not loaded; what played before plays on."


def what_plays(library: "Library") -> str:
    """What plays, for the operator."""
    if library.playing is not None:
        entry = library.entries[library.playing]
        about = f": {entry.script.about}" if entry.script.about else ""
        return f"'{library.playing}'{about}".rstrip(".")
    return (
        f"no scenario, so it answers by itself; the key sk_mock_<name> chooses one of {len(library.entries)} "
        "(mockserver scenarios lists them)"
    )


def reload(place: Place, contract: "Contract", scenario: str) -> str:
    """Load what was chosen again; what is wrong with it keeps what plays. Gives what the operator is told."""
    from mockserver.files.library import load_library

    try:
        library = load_library(contract, scenario)
        place(library)
    except (AuthorError, OperatorError) as error:
        return f"{error}\n{KEPT}"
    except Exception as error:  # whatever it is, the next save must be seen
        log.exception("a scenario could not be loaded; this is a bug of the mock")
        return f"{scenario}: {type(error).__name__}: {error}\n{KEPT}"
    return f"Loaded again. Plays {what_plays(library)}."


def watch(place: Place, contract: "Contract", scenario: str | None) -> None:
    """Load what was chosen again whenever it is saved.

    A file is watched by its folder, since editors put a new file in its place; a link also where it leads.
    """
    if scenario is None or not Path(scenario).exists():
        raise OperatorError("--watch needs a file or a folder: serve --scenario FILE --watch")
    try:
        from watchfiles import watch as changes
    except ImportError:
        raise OperatorError("--watch needs the watchfiles package: pip install 'ainative-mockserver[watch]'") from None
    chosen = Path(scenario)
    folders = {chosen} if chosen.is_dir() else {chosen.absolute().parent, chosen.resolve().parent}

    def concerns(_: object, path: str) -> bool:
        return is_watched(chosen, Path(path))

    def follow() -> None:
        for _ in changes(*sorted(folders), watch_filter=concerns, debounce=50, step=20, recursive=False):
            click.echo(reload(place, contract, scenario))

    threading.Thread(target=follow, name="watch", daemon=True).start()


def is_watched(chosen: Path, changed: Path) -> bool:
    """Whether a changed file concerns what was chosen: the file itself, or a scenario file of the folder."""
    if chosen.is_dir():
        return changed.suffix in (".yaml", ".yml")
    return changed.name in (chosen.name, chosen.resolve().name)
