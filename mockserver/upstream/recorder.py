"""The recorder: collects exchanges, one recording a session or one for all, and keeps their files up to date.

Rules:

- A file is written anew after each exchange, in a thread of its own, so no answer waits for it; the thread rests longer
  than it works. A file is replaced as a whole: whenever the process ends, what is there is valid.
- Beside it is a file with the exact answers (`recording.sidecar`).
- Its first line says that it is a recording. Only such a file is replaced, so remove the line to keep a file.
- What the file says the same at the start of a recording stays byte for byte.
- Only its owner may read a file.
- A text that still has a secret is not written, and what was there before stays.
- Logins and the preflights of browsers are not recorded. What is kept in all has a bound.
"""

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock
from time import perf_counter
from typing import TypeAlias

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.session import HEADER as SESSION_HEADER
from mockserver.core.clock import SystemClock
from mockserver.core.errors import OperatorError
from mockserver.core.rng import token
from mockserver.files.sidecar import sidecar_of
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Recording
from mockserver.scenarios.templates import VALUE

MOST_BYTES = 256 * 1024 * 1024
"""Bytes of requests and answers in all; what comes after them is not recorded."""

MARK = "# Recorded by `mockserver record`; recording again replaces this file."

SUFFIXES = (".yaml", ".yml")

Compose: TypeAlias = Callable[[Sequence[RecordedExchange], str, Recording], Recording]
"""Returns exchanges as a recording of this name, in place of this one (`NOTHING`: there is none).

Raises `OperatorError` if a secret would be in it.
"""

NOTHING = Recording("", "")

REST, LONGEST_REST = 9, 5.0
"""The writer's rest as a multiple of its writing time, and at most in seconds: it takes a tenth of a core."""

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60


class Written(msgspec.Struct, frozen=True):
    """A file, how many exchanges it should have, and why it could not be written (an empty string: it was)."""

    path: Path
    exchanges: int
    trouble: str


class Recorder:
    """Writes what passes to a file, or to one file a session if `out` is a folder."""

    def __init__(self, out: Path, compose: Compose, *, most_bytes: int = MOST_BYTES) -> None:
        self._out = out
        self._compose = compose
        self._left = most_bytes
        self._recordings: dict[Path, list[RecordedExchange]] = {}
        self._before: dict[Path, Recording] = {}
        self._changed: set[Path] = set()
        self._troubles: dict[Path, str] = {}
        self._lock = Lock()
        self._closing = Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="recorder")

    def add(self, exchange: RecordedExchange) -> str:
        """Record an exchange. Return why it is not recorded, or an empty string."""
        if "/auth/" in exchange.path:
            return "a login"
        if exchange.method == "OPTIONS":
            return "a preflight"
        size = len(exchange.body) + sum(len(frame.payload) for frame in exchange.frames)
        path = self._path_of(exchange)
        with self._lock:
            if size > self._left:
                return "the recording is full"
            self._left -= size
            self._recordings.setdefault(path, []).append(exchange)
            self._changed.add(path)
        self._writer.submit(self._write, path)
        return ""

    def close(self) -> list[Written]:
        """Write what is left. Return every file."""
        self._closing.set()
        self._writer.shutdown()
        return [
            Written(path, len(exchanges), self._troubles.get(path, "")) for path, exchanges in self._recordings.items()
        ]

    def _path_of(self, exchange: RecordedExchange) -> Path:
        if self._out.suffix in SUFFIXES:
            return self._out
        return self._out / f"{file_name(session_of(exchange))}.yaml"

    def _write(self, path: Path) -> None:
        """Write a recording, unless a later exchange's turn has done so already."""
        with self._lock:
            if path not in self._changed:
                return
            self._changed.discard(path)
            exchanges = tuple(self._recordings[path])
        began = perf_counter()
        try:
            before = recorded(path)  # also refuses what is no recording any more
            before = self._before.setdefault(path, before)
            recording = self._compose(exchanges, file_name(path.stem), before)
            write_recording(path, recording)
        except OperatorError as error:
            self._troubles[path] = str(error)
        except OSError as error:
            self._troubles[path] = f"cannot be written: {error.strerror or error}"
        except Exception as error:
            self._troubles[path] = f"could not be composed ({type(error).__name__}: {error}); this is a bug of the mock"
        else:
            self._troubles.pop(path, None)
        self._closing.wait(min(REST * (perf_counter() - began), LONGEST_REST))


def check(out: Path) -> None:
    """Raise `OperatorError`, before anything is served, if `out` cannot take a recording."""
    if out.suffix in SUFFIXES:
        folder = out.parent
    else:
        folder = out
        if out.exists() and not out.is_dir():
            raise OperatorError(f"{out} is neither a folder nor the name of a .yaml file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{folder} cannot be made: {error.strerror or error}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OperatorError(f"{folder} cannot be written to")
    if out.suffix in SUFFIXES:
        recorded(out)


def recorded(path: Path) -> Recording:
    """Return the recording in a file, without its first line, or `NOTHING`. Raise `OperatorError` if a file is none."""
    try:
        mark, _, text = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    except FileNotFoundError:
        return NOTHING
    if mark != MARK:
        raise OperatorError(f"{path} exists and is not a recording; choose another name, or move it away")
    return Recording(text, frames_beside(path))


def frames_beside(path: Path) -> str:
    """Return the exact answers in the file beside a scenario file; "" if there is none."""
    try:
        return sidecar_of(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def today() -> str:
    """Return the day of a recording that is made now."""
    return datetime.fromtimestamp(SystemClock().now(), UTC).date().isoformat()


def check_again(out: Path) -> None:
    """Raise `OperatorError` unless `out` has a recording to compare with."""
    files = [out] if out.suffix in SUFFIXES else sorted(out.glob("*.yaml"))
    if not any(recorded(file).frames for file in files):
        raise OperatorError(f"--again: {out} has no recording to compare with; record without --again first")


def unkept_names(out: Path) -> list[str]:
    """Return the recordings in `out` whose values by name are lost on recording: what they stood for is not there."""
    files = [out] if out.suffix in SUFFIXES else sorted(out.glob("*.yaml"))
    found = [(file, recorded(file)) for file in files]
    return [str(file) for file, recording in found if has_names(recording) and not recording.frames]


def has_names(recording: Recording) -> bool:
    """Return whether a recording has values by name, such as `{{value.1}}`."""
    return "{{" + VALUE in recording.scenario


def session_of(exchange: RecordedExchange) -> str:
    """Return the session of an exchange, as the mock has them: the header's, else the key's."""
    named = exchange.headers.get(SESSION_HEADER, "")
    if named:
        return named
    key = keys.key_of(exchange.headers)
    return keys.session_of(key) if key else keys.ANONYMOUS


def file_name(name: str) -> str:
    """Return a name that is safe as that of a file and of a scenario, and another one for every other name."""
    safe = _UNSAFE.sub("-", name.lower()).strip("-")[:_LONGEST_NAME]
    return safe if safe and safe == name else f"{safe or 'session'}-{token('file', name, length=6)}".lower()


def write_recording(path: Path, recording: Recording) -> None:
    """Replace a recording and the file beside it. Raises `OSError`."""
    write_both(path, Recording(f"{MARK}\n{recording.scenario}", recording.frames))


def write_both(path: Path, recording: Recording) -> None:
    """Replace a scenario file and the file beside it, which comes first: a scenario needs it. Raises `OSError`."""
    if recording.frames or sidecar_of(path).exists():
        write_private(sidecar_of(path), recording.frames)
    write_private(path, recording.scenario)


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner alone. Raises `OSError`, and leaves what was there."""
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # has the mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(number)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
