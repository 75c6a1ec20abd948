"""What the servers of a run's tests see of the gateway's situations, exchange by exchange, and which turns they play.

It listens to each server's journal, so an exchange counts when it ends: also one that no test looks at, and one whose
session is gone when the run ends. Where no run asks for its coverage there is no recorder, and nothing is done.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from mockserver.coverage.documented import documented_situations
from mockserver.coverage.project_turns import file_name, turns_of
from mockserver.coverage.value import GatewayCoverage, TurnPlace
from mockserver.files import loader
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.scenarios.script import Script
from mockserver.testing.builder import OUR_FOLDER, scenario_file

if TYPE_CHECKING:
    from mockserver.testing.server_thread import ServerThread

FRAMEWORK = ("_pytest.", "pluggy.")
"""Modules that call a fixture: what they play is written at the test."""


class CoverageRecorder:
    """The coverage of a process. `test` is the place of the test that runs, for scenarios that its marker names."""

    def __init__(self, root: Path) -> None:
        self.coverage = GatewayCoverage()
        self.test: tuple[str, int] | None = None
        self._root = root
        self._lock = Lock()
        self._places: dict[tuple[str, str], Sequence[TurnPlace]] = {}
        """The places of the turns that a session plays, by session and scenario."""

    def watch(self, server: "ServerThread") -> None:
        """Listen to a server from its start."""
        server.coverage = self
        contract = server.contract
        situations = documented_situations(contract)

        def listen(exchange: Exchange) -> None:
            record = Record(exchange, contract)
            with self._lock:
                self.coverage = self.coverage.with_exchange(record, situations, self._place_of(exchange))

        server.app.journal.listeners.append(listen)

    def plays(self, session: str, script: Script, source: object) -> None:
        """Note where the turns of a session's scenario are written.

        `source` is what the test plays from now on; None where it added a turn to what it plays.
        """
        before = () if source is not None else self._places.get((session, script.name), ())
        if len(script.turns) <= len(before):
            return  # a fault was added to the last turn
        places = self._places_of(source, script) if source is not None else [self._added(before)]
        with self._lock:
            self._places[session, script.name] = [*before, *places]
            self.coverage = self.coverage.with_turns(places)

    def forget(self, session: str) -> None:
        """Forget what a session played, which is over."""
        with self._lock:
            for key in [key for key in self._places if key[0] == session]:
                del self._places[key]

    def _place_of(self, exchange: Exchange) -> TurnPlace | None:
        """Return the place of the turn that answered; None for a default answer or a shipped scenario."""
        note = exchange.note
        places = self._places.get((note.session, note.scenario), ())
        return places[note.turn - 1] if 0 < note.turn <= len(places) else None

    def _places_of(self, source: object, script: Script) -> list[TurnPlace]:
        file = scenario_file(source)
        if file is not None:
            return turns_of(loader.read_document(file), file_name(file, self._root))
        if isinstance(source, str) and ":" not in source:
            return []  # shipped with the mock, and no part of the project
        return [self._caller(f"{script.name}, turn {turn.number}") for turn in script.turns]

    def _added(self, before: Sequence[TurnPlace]) -> TurnPlace:
        """Return the place of a turn that the test has added behind these."""
        here = self._caller("")
        same = sum([(place.path, place.line) == (here.path, here.line) for place in before])
        return TurnPlace(here.path, here.line, f"turn {same + 1} of this line" if same else "a turn of this line")

    def _caller(self, words: str) -> TurnPlace:
        """Return the line of the test, or of its helper, that calls this package."""
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(OUR_FOLDER):
            frame = frame.f_back
        if self.test is not None and frame.f_globals.get("__name__", "").startswith(FRAMEWORK):
            return TurnPlace(*self.test, words)
        return TurnPlace(file_name(Path(frame.f_code.co_filename), self._root), frame.f_lineno, words)
