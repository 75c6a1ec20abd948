"""Server-wide settings; each change installs a new engine.

They include the scenarios and chaos profiles by name. Those added at run time live in memory, hide files of the same
name, and are lost when the server stops. An engine is immutable, so a change derives another one, and a request in
progress keeps the engine it started with.
"""

import threading
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar, cast

import msgspec

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.core.layered import LayeredMapping
from mockserver.engine.chaos_profile import NONE, ChaosProfile
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine
from mockserver.files import loader
from mockserver.files.chaos_file import profile_of
from mockserver.journal.listeners import GuardedCalls
from mockserver.openapi.contract import Contract
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway

T = TypeVar("T")

MOST_IN_MEMORY = 200
"""The maximum number of scenarios, and of profiles, in memory."""


class LoadedText(NamedTuple, Generic[T]):
    """A scenario or profile in memory, and its text."""

    value: T
    text: str


class RuntimeConfig:
    """The settings of one gateway. `files` are the scenario files that it was started with, by name."""

    def __init__(self, app: Gateway, files: Mapping[str, Path], shipped: Path) -> None:
        self.app = app
        self.listeners: list[Callable[[str], None]] = []
        self._guarded = GuardedCalls()
        self._files = dict(files)
        self._shipped = shipped
        self._lock = threading.Lock()
        self._base: Mapping[str, Script] = app.engine.scripts
        self._profiles: Mapping[str, ChaosProfile] = self.engine.chaos.profiles
        self._scenarios: dict[str, LoadedText[Script]] = {}
        self._chaos: dict[str, LoadedText[ChaosProfile]] = {}

    @property
    def engine(self) -> Engine:
        """The current engine."""
        return self.app.engine

    @property
    def contract(self) -> Contract:
        """The contract that the gateway serves."""
        return self.engine.contract

    def notify(self, what: str) -> None:
        """Tell the listeners what has changed: sessions, scenarios, defaults or next."""
        for listener in tuple(self.listeners):
            self._guarded.call(listener, what)

    # --- scenarios ----------------------------------------------------------------------------------------------------

    @property
    def scenarios(self) -> Mapping[str, Script]:
        """The listed scenarios by name; scenarios of the pytest fixture's slots play without being listed."""
        return {**self._base, **{name: loaded.value for name, loaded in self._scenarios.items()}}

    def origin_of(self, name: str) -> str:
        """Return where a scenario comes from: memory, shipped or file."""
        if name in self._scenarios:
            return "memory"
        file = self._files.get(name)
        return "shipped" if file is not None and file.parent == self._shipped else "file"

    @property
    def own_scenarios(self) -> dict[str, str]:
        """The scenarios that are not shipped, by name, each with the name of its file."""
        files = {name: str(file) for name, file in self._files.items() if self.origin_of(name) == "file"}
        return {**files, **{name: f"{name} (in memory)" for name in self._scenarios}}

    def text_of(self, name: str) -> str:
        """Return the text of a scenario. Raise `OperatorError` if there is none, or its file is not readable."""
        if name in self._scenarios:
            return self._scenarios[name].text
        if name not in self._files:
            raise OperatorError(f"no scenario is called '{name}'; {did_you_mean(name, self.scenarios)}")
        try:
            return self._files[name].read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise OperatorError(f"the file of '{name}' is no longer readable: {reason}") from None

    def read_scenario(self, text: str) -> Script:
        """Compile a scenario from its text and try it out: slow work. Raise `AuthorError` with every mistake."""
        from mockserver.files.dry_run import dry_run  # only a scenario added at run time needs these two
        from mockserver.scenarios.compile import compile_scenario

        loaded = loader.parse(text.encode("utf-8", "surrogatepass"), "scenario")
        script, complaints = compile_scenario(loaded.scenario, self.contract)
        complaints = complaints or dry_run(script, self.contract)
        if complaints:
            raise AuthorError([loaded.problem(path, message) for path, message in complaints])
        return script

    def put_scenario(self, name: str, text: str, script: Script, *, keep_progress: bool = False) -> None:
        """Keep the scenario of a text in memory. Raise `AuthorError` for another name, `OperatorError` for too many.

        `keep_progress` lets sessions continue after what they have played of the scenario that it replaces.
        """
        if script.name != name:
            message = f"the text names itself '{script.name}'; save it under that name, or write scenario: {name}"
            raise AuthorError([Problem("scenario", 1, 1, "scenario", message)])
        self._check_room(self._scenarios, name)
        if keep_progress and name in self._scenarios:
            script = msgspec.structs.replace(script, edition=self._scenarios[name].value.edition)
        self._scenarios[name] = LoadedText(script, text)
        self._change(lambda engine: engine.with_scripts(self._playable(), engine.settings.scenario))

    def delete_scenario(self, name: str) -> None:
        """Remove a scenario from memory; a file of the same name plays again. Raise `OperatorError` for any other."""
        if name not in self._scenarios:
            known = did_you_mean(name, self._scenarios)
            raise OperatorError(f"no scenario '{name}' in memory, and files cannot be deleted here; {known}")
        del self._scenarios[name]
        self._change(lambda engine: engine.with_scripts(self._playable(), self._if_known(engine.settings.scenario)))

    def choose_scenario(self, name: str | None) -> None:
        """Set the scenario of all sessions without their own. Raise `OperatorError` for an unknown name."""
        self.check_scenario(name)
        self._change(lambda engine: engine.with_scripts(self._playable(), name))

    def check_scenario(self, name: str | None) -> None:
        """Raise `OperatorError` if no scenario has this name."""
        if name is not None and name != NONE and name not in self.scenarios:
            raise OperatorError(f"no scenario is called '{name}'; {did_you_mean(name, [*self.scenarios, NONE])}")

    def reload(self, scripts: Mapping[str, Script], files: Mapping[str, Path], playing: str | None) -> None:
        """Install the changed scenario files; scenarios in memory still hide files of the same name."""
        self._base, self._files = scripts, dict(files)
        self._change(lambda engine: engine.with_scripts(self._playable(), playing))
        self.notify("scenarios")

    def _playable(self) -> Mapping[str, Script]:
        in_memory = {name: loaded.value for name, loaded in self._scenarios.items()}
        return LayeredMapping(
            in_memory, cast(MutableMapping[str, Script], self._base)
        )  # it writes only to its first mapping

    def _if_known(self, name: str | None) -> str | None:
        return name if name is not None and name in self.scenarios else None

    def _change(self, change: Callable[[Engine], Engine]) -> None:
        """Replace the engine by one derived from it; locked, since the thread that watches files calls it, too."""
        with self._lock:
            self.app.engine = change(self.engine)

    # --- chaos and pace -----------------------------------------------------------------------------------------------

    @property
    def profiles(self) -> Mapping[str, ChaosProfile]:
        """The chaos profiles by name."""
        in_memory = {name: loaded.value for name, loaded in self._chaos.items()}
        return LayeredMapping(
            in_memory, cast(MutableMapping[str, ChaosProfile], self._profiles)
        )  # it writes only to its first mapping

    def read_profile(self, name: str, text: str) -> ChaosProfile:
        """Compile a chaos profile from its text: slow work. Raise `AuthorError` with every mistake."""
        document = loader.document_of(text.encode("utf-8", "surrogatepass"), "chaos")
        profile = profile_of(document, self.contract)
        if profile.name != name:
            message = f"the text names itself '{profile.name}'; save it under that name, or write chaos: {name}"
            raise AuthorError([document.problem(("chaos",), message)])
        return profile

    def put_profile(self, name: str, text: str, profile: ChaosProfile) -> None:
        """Keep the chaos profile of a text in memory. Raise `OperatorError` for too many."""
        self._check_room(self._chaos, name)
        self._chaos[name] = LoadedText(profile, text)
        self._change(lambda engine: engine.with_chaos(ChaosSettings(self.profiles, engine.chaos.default)))

    def delete_profile(self, name: str) -> None:
        """Remove a profile from memory. Raise `OperatorError` for any other."""
        if name not in self._chaos:
            raise OperatorError(f"no chaos profile '{name}' in memory; {did_you_mean(name, self._chaos)}")
        del self._chaos[name]
        rest = self.profiles

        def change(engine: Engine) -> Engine:
            default = engine.chaos.default
            return engine.with_chaos(ChaosSettings(rest, default if default in rest else None))

        self._change(change)

    def choose_chaos(self, name: str | None) -> None:
        """Set the chaos profile of all sessions without their own. Raise `OperatorError` for an unknown name."""
        self.check_profile(name)
        self._change(lambda engine: engine.with_chaos(ChaosSettings(self.profiles, name)))

    def check_profile(self, name: str | None) -> None:
        """Raise `OperatorError` if no profile has this name."""
        if name is not None and name != NONE and name not in self.profiles:
            raise OperatorError(f"no chaos profile is called '{name}'; {did_you_mean(name, [*self.profiles, NONE])}")

    def choose_pace(self, pace: str | None) -> None:
        """Set the pace of every reply, as validated JSON text."""
        self._change(lambda engine: engine.with_settings(msgspec.structs.replace(engine.settings, pace=pace)))

    @staticmethod
    def _check_room(in_memory: dict[str, LoadedText[T]], name: str) -> None:
        if name not in in_memory and len(in_memory) >= MOST_IN_MEMORY:
            raise OperatorError(f"already {MOST_IN_MEMORY} in memory; delete one first")
