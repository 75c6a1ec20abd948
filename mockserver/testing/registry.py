"""The shelf: the scenarios and chaos profiles that a server of tests knows.

The shipped ones are read when the shelf is made, before the first request: a step does no I/O, whatever name its
request brings. Beside them each session has a *place* of its own: a private name, chosen by the session's key
(`sk_mock_<place>`), under which lies whatever that session plays now. So the engine stays what it is: a function that
looks a scenario up by name.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.engine.chaos import ChaosProfile
from mockserver.files import bundled, chaos_file, loader
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import Script, compile_scenario, make_script
from mockserver.scenarios.schema import Scenario

T = TypeVar("T")


class _Shelf(Mapping[str, T], Generic[T]):
    """What is shipped, by name; and places, which iteration does not show."""

    def __init__(self, ready: Mapping[str, T]) -> None:
        self._ready = ready
        self._places: dict[str, T] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._ready)

    def __len__(self) -> int:
        return len(self._ready)

    def __getitem__(self, name: str) -> T:
        found = self._places.get(name)
        return found if found is not None else self._ready[name]

    def put(self, place: str, value: T) -> None:
        """Lay something in a place."""
        self._places[place] = value

    def clear(self, place: str) -> None:
        """Empty a place."""
        self._places.pop(place, None)


class ScriptRegistry(_Shelf[Script]):
    """The scenarios. Our own tests try the shipped ones out, so they are only compiled here."""

    def __init__(self, contract: Contract) -> None:
        found = [loader.load(file).scenario for file in loader.discover(bundled.SCENARIOS)]
        self._written = {scenario.scenario: scenario for scenario in found}
        super().__init__({name: compile_scenario(scenario, contract)[0] for name, scenario in self._written.items()})

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name as it is written. Raises `OperatorError` if there is none."""
        if name not in self._written:
            raise OperatorError(
                f"no scenario is called '{name}'; {did_you_mean(name, self)} (a path ends in .yaml, YAML has a colon)"
            )
        return self._written[name]


class ProfileRegistry(_Shelf[ChaosProfile]):
    """The chaos profiles."""

    def __init__(self) -> None:
        super().__init__(chaos_file.load_profiles()[0])


NOTHING_PLAYS = make_script("none", [], after="default")
"""What lies in the place of a session that plays nothing: every request is answered as without a scenario."""
