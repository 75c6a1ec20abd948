"""The shelf: the scenarios and chaos profiles that a server of tests knows, each read when it is first asked for.

A test suite must not pay for files that it does not play, so the shipped ones are read by name, once. Beside them each
session has a *place* of its own: a private name, chosen by the session's key (`sk_mock_<place>`), under which lies
whatever that session plays now. So the engine stays what it is: a function that looks a scenario up by name.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from mockserver import chaosfiles, loader, shipped
from mockserver.chaos import Profile
from mockserver.contract import Contract
from mockserver.errors import OperatorError, did_you_mean
from mockserver.scenario import Scenario
from mockserver.script import Script, compile_scenario, make_script

T = TypeVar("T")


class _Shelf(Mapping[str, T], Generic[T]):
    """Files by their name, read at first use; and places, which iteration does not show."""

    def __init__(self, folder: Path) -> None:
        self._files = {file.stem: file for file in loader.discover(folder)}
        self._read: dict[str, T] = {}
        self._places: dict[str, T] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, name: str) -> T:
        found = self._places.get(name)
        if found is not None:
            return found
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = self.load(self._files[name])
        return found

    def load(self, file: Path) -> T:
        """One file, made ready."""
        raise NotImplementedError

    def put(self, place: str, value: T) -> None:
        """Lay something in a place."""
        self._places[place] = value

    def clear(self, place: str) -> None:
        """Empty a place."""
        self._places.pop(place, None)


class Scripts(_Shelf[Script]):
    """The scenarios."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(shipped.SCENARIOS)
        self._contract = contract

    def load(self, file: Path) -> Script:
        """A shipped scenario; our own tests try these out."""
        return compile_scenario(loader.load(file).scenario, self._contract)[0]

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name as it is written. Raises `OperatorError` if there is none."""
        if name not in self._files:
            raise OperatorError(
                f"no scenario is called '{name}'; {did_you_mean(name, self)} (a path ends in .yaml, YAML has a colon)"
            )
        return loader.load(self._files[name]).scenario


class Profiles(_Shelf[Profile]):
    """The chaos profiles."""

    def __init__(self) -> None:
        super().__init__(chaosfiles.SHIPPED)

    def load(self, file: Path) -> Profile:
        """A shipped profile."""
        return chaosfiles.read_profile(file)


NOTHING_PLAYS = make_script("none", [], after="default")
"""What lies in the place of a session that plays nothing: every request is answered as without a scenario."""
