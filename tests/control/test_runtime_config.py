"""The runtime configuration, changed from two threads: the file watcher's and the server's."""

import threading
from collections.abc import Mapping

import pytest

from mockserver.accounts.identify import Accounts
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.bundled import SCENARIOS
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from tests.support.engine import contract, turns

SAVED = {"test": turns("  - reply: saved\n    times: always\n")}
LONG_ENOUGH = 0.2
"""Seconds, more than enough for a change that no lock holds up."""


def test_a_saved_file_does_not_undo_what_is_chosen_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    config = RuntimeConfig(Gateway(Engine(contract(), {}, EngineSettings(), Accounts())), {}, SCENARIOS)
    chosen, make = threading.Event(), Engine.with_scripts

    def choose() -> None:
        config.choose_pace('{"first": 1}')
        chosen.set()

    chooser = threading.Thread(target=choose)

    def slowly(engine: Engine, scripts: Mapping[str, Script], playing: str | None) -> Engine:
        made = make(engine, scripts, playing)
        chooser.start()
        chosen.wait(LONG_ENOUGH)
        return made

    monkeypatch.setattr(Engine, "with_scripts", slowly)
    config.reload(SAVED, {}, "test")
    chooser.join()
    assert (config.engine.settings.scenario, config.engine.settings.pace) == ("test", '{"first": 1}')
