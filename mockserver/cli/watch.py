"""`serve --watch`: reloads the chosen scenario files on change.

If a file has a mistake, the server keeps the version that it serves.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mockserver.core.errors import AuthorError, OperatorError

if TYPE_CHECKING:
    from mockserver.files.library import Library
    from mockserver.openapi.contract import Contract

log = logging.getLogger("mockserver")

Install: TypeAlias = "Callable[[Library], None]"
"""Makes a server serve another library."""

MOST_NAMES = 5
"""The most scenarios of a folder that are named at the start."""

KEPT = "Not reloaded; the previous version stays in use."


def describe(library: "Library") -> str:
    """Return what a server that has this library plays, as a clause for the operator."""
    if library.playing is not None:
        script = library.scripts[library.playing]
        about = f": {script.about}" if script.about else ""
        return f"Playing '{library.playing}'{about}".rstrip(".")
    if library.own:
        names = ", ".join(library.own[:MOST_NAMES]) + (", …" if len(library.own) > MOST_NAMES else "")
        return (
            f"{len(library.own)} scenarios of your own, none of which plays by itself: every request gets a default "
            f"answer, unless its API key, sk_mock_<name>, chooses one: {names}"
        )
    return (
        f"No scenario, so every request gets a default answer; the API key sk_mock_<name> chooses one of "
        f"{len(library.files)} (list them with: mockserver scenarios)"
    )


def reload(install: Install, contract: "Contract", scenario: str) -> str:
    """Load and install the chosen files again. Return what to print; after a mistake nothing has changed."""
    from mockserver.files.library import load_library

    try:
        library = load_library(contract, scenario)
        install(library)
    except (AuthorError, OperatorError) as error:
        return f"{error}\n{KEPT}"
    except Exception as error:  # the watcher must survive, so that the next save is seen
        log.exception("a scenario could not be loaded; this is a bug in the mock")
        return f"{scenario}: {type(error).__name__}: {error}\n{KEPT}"
    return f"Reloaded. {describe(library)}."


def watch(install: Install, contract: "Contract", scenario: str | None, say: Callable[[str], None]) -> None:
    """Reload the chosen files whenever they change from now on, in a thread of its own.

    A file is watched through its folder, because editors replace files; a link also through the folder of its target.
    Raises `OperatorError` if there is nothing to watch.
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

    begun = _Begun()

    def follow() -> None:
        steps = changes(
            *sorted(folders), watch_filter=concerns, debounce=50, step=20, recursive=False, stop_event=begun
        )
        try:
            for _ in steps:
                say(reload(install, contract, scenario))
        finally:
            begun.set()  # also where the system watches no more folders

    threading.Thread(target=follow, name="watch", daemon=True).start()
    begun.wait()


class _Begun(threading.Event):
    """Set when the first look at the folders is over: a change from then on is seen.

    watchfiles asks it at each look whether to stop, which is never.
    """

    def is_set(self) -> bool:
        self.set()
        return False


def is_watched(chosen: Path, changed: Path) -> bool:
    """Return whether a changed file is the chosen file, or a scenario file of the chosen folder."""
    if chosen.is_dir():
        return changed.suffix in (".yaml", ".yml")
    return changed.name in (chosen.name, chosen.resolve().name)
