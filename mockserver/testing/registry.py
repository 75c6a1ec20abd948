"""The scenarios and chaos profiles that a test server knows.

It reads the shipped ones when it starts, before the first request: a step reads no file, whatever name its request has.
Each session also has a *slot*: a private name in the session's key (`sk_mock_<slot>`), under which the registry has
what that session plays now. So the engine needs no change for tests: it looks a scenario up by name.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.engine.chaos_profile import ChaosProfile
from mockserver.files import chaos_file, loader
from mockserver.files.library import shipped_scripts
from mockserver.openapi.contract import Contract
from mockserver.scenarios.script import Script, make_script

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Scenario

T = TypeVar("T")


class _Registry(Mapping[str, T], Generic[T]):
    """The shipped values by name, and the slots of sessions, which iteration does not include."""

    def __init__(self, shipped: Mapping[str, T]) -> None:
        self._shipped = shipped
        self._slots: dict[str, T] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._shipped)

    def __len__(self) -> int:
        return len(self._shipped)

    def __getitem__(self, name: str) -> T:
        value = self._slots.get(name)
        return value if value is not None else self._shipped[name]

    def put(self, slot: str, value: T) -> None:
        """Set the value of a slot."""
        self._slots[slot] = value

    def clear(self, slot: str) -> None:
        """Remove a slot."""
        self._slots.pop(slot, None)


class ScriptRegistry(_Registry[Script]):
    """The scenarios. The project's own tests check the shipped ones, so they are only compiled here."""

    def __init__(self, contract: Contract) -> None:
        self._scripts = shipped_scripts(contract)
        super().__init__(self._scripts)

    def scenario(self, name: str) -> "Scenario":
        """Return the shipped scenario of that name. Raises `OperatorError` if there is none."""
        if name not in self._scripts:
            raise OperatorError(
                f"no scenario is called '{name}'; {did_you_mean(name, self)} (a path ends in .yaml, YAML has a colon)"
            )
        return loader.scenario_of(self._scripts.document(name)).scenario


class ProfileRegistry(_Registry[ChaosProfile]):
    """The chaos profiles."""

    def __init__(self) -> None:
        super().__init__(chaos_file.load_profiles()[0])


DEFAULT_SCRIPT = make_script("none", [], after="default")
"""The script of a session that plays no scenario: every request gets its default answer."""
