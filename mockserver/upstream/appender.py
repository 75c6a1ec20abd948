"""The appender: what a scenario does not answer is added to its file, as further turns.

Rules:

- What stood in the file stays byte for byte. The file is replaced as a whole, so it is valid at any moment.
- A text that would have a secret in it is not written. The exact answers go to the file beside it.
- A conversation that comes again gets the answer that it got, and its turn one more play, unless that was an error.
- The file is read once, at the start: the turns of one run are composed together, so that their conditions tell them
  apart. Someone who edits it meanwhile is not overwritten: the appender says so and stops.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import msgspec

from mockserver.core.errors import OperatorError
from mockserver.engine.request import Request
from mockserver.recording.exchange import RecordedExchange
from mockserver.recording.scenario import Recording
from mockserver.scenarios.turn_selection import NO_TURN
from mockserver.server.traffic import LiveAnswer
from mockserver.upstream.recorder import frames_beside, write_both

Extend: TypeAlias = Callable[[Recording, Sequence[RecordedExchange]], Recording]
"""Returns a scenario file, and the file beside it, with more turns. Raises `OperatorError` if it cannot have them."""

Key: TypeAlias = tuple[str, str, str, bytes]
"""What the same request has in common: method, path, query and body."""


class Appender:
    """Adds exchanges to a scenario file. Raises `OperatorError` if that file cannot be added to."""

    def __init__(self, path: Path, extend: Extend) -> None:
        self._path = path
        self._extend = extend
        try:
            self._before = Recording(path.read_text(encoding="utf-8"), frames_beside(path))
        except OSError as error:
            raise OperatorError(f"{path}: cannot be read: {error.strerror or error}") from None
        self._text = self._before.scenario
        extend(self._before, ())
        self._exchanges: list[RecordedExchange] = []
        self._answered: dict[Key, RecordedExchange] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="appender")
        self._trouble = ""

    def seen(self, live: LiveAnswer, exchange: RecordedExchange, skipped: str) -> tuple[str, ...]:
        """Add an exchange, in a thread, so that no answer waits for it. Return why not, if so, for the journal."""
        if "/auth/" in exchange.path:
            skipped = "a login"
        elif exchange.method == "OPTIONS":
            skipped = "a preflight"
        if skipped:
            return (f"not recorded: {skipped}",)
        if live.decision.note.code == NO_TURN and exchange.status == 200 and exchange.ended == "complete":
            self._answered[_key(exchange)] = exchange
        self._take(exchange)
        return ()

    def known(self, live: LiveAnswer) -> RecordedExchange | None:
        """Return the answer that the same conversation got before, and add one more play of it; else None."""
        exchange = self._answered.get(_key(live.request))
        if exchange is not None:
            self._take(msgspec.structs.replace(exchange, repeats=True))
        return exchange

    def _take(self, exchange: RecordedExchange) -> None:
        self._exchanges.append(exchange)
        self._writer.submit(self._add, tuple(self._exchanges))

    def close(self) -> tuple[int, str]:
        """Write what is left. Return how many exchanges the file should have got, and why it has not ("": it has)."""
        self._writer.shutdown()
        return len(self._exchanges), self._trouble

    def _add(self, exchanges: Sequence[RecordedExchange]) -> None:
        self._trouble = self._written(exchanges)

    def _written(self, exchanges: Sequence[RecordedExchange]) -> str:
        """Write the file. Return why it could not be, or an empty string."""
        try:
            if self._path.read_text(encoding="utf-8") != self._text:
                return f"{self._path} was changed by someone else; start again to add to it"
            recording = self._extend(self._before, exchanges)
            write_both(self._path, recording)
        except OperatorError as error:
            return str(error)
        except OSError as error:
            return f"{self._path} cannot be written: {error.strerror or error}"
        self._text = recording.scenario
        return ""


def _key(request: Request | RecordedExchange) -> Key:
    return request.method, request.path, request.query, request.body
