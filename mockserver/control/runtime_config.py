"""The desk: where a running gateway is steered for everybody: another engine is put in the place of the present one.

Scenarios and chaos profiles lie on it, by name. Those that are put here live in memory, hide files of the same name,
and are gone with the server. An engine is frozen, so every change makes another one out of it, and a request that is
under way keeps the one it began with.
"""

import threading
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar, cast

import msgspec

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.engine.chaos import NONE, Chaos, ChaosProfile, compile_chaos
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine
from mockserver.files import loader, yaml_reader
from mockserver.files.dry_run import dry_run
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import Script, compile_scenario
from mockserver.server.asgi import Gateway

T = TypeVar("T")

MOST_KEPT = 200
"""How many scenarios, or profiles, can lie in memory."""


class LoadedText(NamedTuple, Generic[T]):
    """Something in memory, and the text that it was made of."""

    value: T
    text: str


class RuntimeConfig:
    """The desk of one gateway. `files` are the scenarios that it was started with, by name."""

    def __init__(self, app: Gateway, files: Mapping[str, Path], shipped: Path) -> None:
        self.app = app
        self.listeners: list[Callable[[str], None]] = []
        self._files = dict(files)
        self._shipped = shipped
        self._changing = threading.Lock()
        self._base: Mapping[str, Script] = app.engine.scripts
        self._profiles: Mapping[str, ChaosProfile] = self.engine.chaos.profiles
        self._scenarios: dict[str, LoadedText[Script]] = {}
        self._chaos: dict[str, LoadedText[ChaosProfile]] = {}

    @property
    def engine(self) -> Engine:
        """The engine in place."""
        return self.app.engine

    @property
    def contract(self) -> Contract:
        """The contract that is served."""
        return self.engine.contract

    def tell(self, what: str) -> None:
        """Tell everybody who watches what has changed: sessions, scenarios, defaults, next."""
        for listener in self.listeners:
            listener(what)

    # --- scenarios ----------------------------------------------------------------------------------------------------

    @property
    def scenarios(self) -> Mapping[str, Script]:
        """Every scenario by name, as they are listed. (The fixture's places are not listed, and yet play.)"""
        return {**self._base, **{name: kept.value for name, kept in self._scenarios.items()}}

    def origin_of(self, name: str) -> str:
        """Where a scenario comes from: memory, shipped or file."""
        if name in self._scenarios:
            return "memory"
        file = self._files.get(name)
        return "shipped" if file is not None and file.parent == self._shipped else "file"

    def text_of(self, name: str) -> str:
        """The text of a scenario. Raises `OperatorError` if there is none."""
        if name in self._scenarios:
            return self._scenarios[name].text
        if name not in self._files:
            raise OperatorError(f"no scenario is called '{name}'; {did_you_mean(name, self.scenarios)}")
        try:
            return self._files[name].read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise OperatorError(f"the file of '{name}' cannot be read any more: {reason}") from None

    def read_scenario(self, text: str) -> Script:
        """A scenario out of its text. Raises `AuthorError` with every mistake."""
        loaded = loader.parse(text.encode("utf-8", "surrogatepass"), "scenario")
        script, complaints = compile_scenario(loaded.scenario, self.contract)
        complaints = complaints or dry_run(script, self.contract)
        if complaints:
            raise AuthorError([loaded.problem(path, told) for path, told in complaints])
        return script

    def put_scenario(self, name: str, text: str) -> Script:
        """Keep a scenario in memory, live at once. Raises `AuthorError`, `OperatorError` where there are too many."""
        script = self.read_scenario(text)
        if script.name != name:
            told = f"this text calls itself '{script.name}'; save it under that name, or write scenario: {name}"
            raise AuthorError([Problem("scenario", 1, 1, "scenario", told)])
        self._make_room(self._scenarios, name)
        self._scenarios[name] = LoadedText(script, text)
        self._change(lambda engine: engine.with_scripts(self._playable(), engine.settings.scenario))
        return script

    def delete_scenario(self, name: str) -> None:
        """Forget a scenario in memory; what it hid is back. Raises `OperatorError` for any other."""
        if name not in self._scenarios:
            known = did_you_mean(name, self._scenarios)
            raise OperatorError(f"no scenario '{name}' lies in memory, and files are not deleted here; {known}")
        del self._scenarios[name]
        self._change(lambda engine: engine.with_scripts(self._playable(), self._known(engine.settings.scenario)))

    def choose_scenario(self, name: str | None) -> None:
        """What plays for every session that says nothing else. Raises `OperatorError` for a name that is none."""
        self.check_scenario(name)
        self._change(lambda engine: engine.with_scripts(self._playable(), name))

    def check_scenario(self, name: str | None) -> None:
        """Raises `OperatorError` for a name that no scenario has."""
        if name is not None and name != NONE and name not in self.scenarios:
            raise OperatorError(f"no scenario is called '{name}'; {did_you_mean(name, [*self.scenarios, NONE])}")

    def reload(self, scripts: Mapping[str, Script], files: Mapping[str, Path], playing: str | None) -> None:
        """The files have changed: put what they say now in place, and what is in memory above it."""
        self._base, self._files = scripts, dict(files)
        self._change(lambda engine: engine.with_scripts(self._playable(), playing))
        self.tell("scenarios")

    def _playable(self) -> Mapping[str, Script]:
        kept = {name: kept.value for name, kept in self._scenarios.items()}
        return ChainMap(kept, cast(MutableMapping[str, Script], self._base))  # only the first is ever written to

    def _known(self, name: str | None) -> str | None:
        return name if name is not None and name in self.scenarios else None

    def _change(self, change: Callable[[Engine], Engine]) -> None:
        """Put another engine in place, made of the present one: a saved file comes from a thread of its own."""
        with self._changing:
            self.app.engine = change(self.engine)

    # --- chaos and pace -----------------------------------------------------------------------------------------------

    @property
    def profiles(self) -> Mapping[str, ChaosProfile]:
        """Every chaos profile by name."""
        kept = {name: kept.value for name, kept in self._chaos.items()}
        return ChainMap(
            kept, cast(MutableMapping[str, ChaosProfile], self._profiles)
        )  # only the first is ever written to

    def put_profile(self, name: str, text: str) -> ChaosProfile:
        """Keep a chaos profile in memory. Raises `AuthorError` with every mistake."""
        document = yaml_reader.read(text.encode("utf-8", "surrogatepass"), "chaos")
        profile, complaints = compile_chaos(loader.check(Chaos, document))
        if profile.name != name:
            told = f"this text calls itself '{profile.name}'; save it under that name, or write chaos: {name}"
            raise AuthorError([document.problem(("chaos",), told)])
        if complaints:
            raise AuthorError([document.problem(document.written(path), told) for path, told in complaints])
        self._make_room(self._chaos, name)
        self._chaos[name] = LoadedText(profile, text)
        self._change(lambda engine: engine.with_chaos(ChaosSettings(self.profiles, engine.chaos.default)))
        return profile

    def delete_profile(self, name: str) -> None:
        """Forget a profile in memory. Raises `OperatorError` for any other."""
        if name not in self._chaos:
            raise OperatorError(f"no profile '{name}' lies in memory; {did_you_mean(name, self._chaos)}")
        del self._chaos[name]
        left = self.profiles

        def change(engine: Engine) -> Engine:
            default = engine.chaos.default
            return engine.with_chaos(ChaosSettings(left, default if default in left else None))

        self._change(change)

    def choose_chaos(self, name: str | None) -> None:
        """The chaos of every session that says nothing else. Raises `OperatorError` for a name that is none."""
        self.check_profile(name)
        self._change(lambda engine: engine.with_chaos(ChaosSettings(self.profiles, name)))

    def check_profile(self, name: str | None) -> None:
        """Raises `OperatorError` for a name that no profile has."""
        if name is not None and name != NONE and name not in self.profiles:
            raise OperatorError(f"no chaos profile is called '{name}'; {did_you_mean(name, [*self.profiles, NONE])}")

    def choose_pace(self, words: str | None) -> None:
        """The pace that is laid over every reply; the words are checked by the caller."""
        self._change(lambda engine: engine.with_settings(msgspec.structs.replace(engine.settings, pace=words)))

    @staticmethod
    def _make_room(kept: dict[str, LoadedText[T]], name: str) -> None:
        if name not in kept and len(kept) >= MOST_KEPT:
            raise OperatorError(f"{MOST_KEPT} lie in memory already; delete one first")
