"""A scriptable fake of the AINative LLM gateway.

Where to start reading: `engine.Engine.step` is the whole gateway, a pure function from a session and a request to the
next session and what happens on the wire. From there, each question has its table:

- what is sent: `wire` (two dialects), `actions` (what can happen), `faults` (what can go wrong), `pacing`
- what is asked: `contract` (openapi.yaml, compiled), `keys`, `conversation`
- what is played: `scenario` (the language), `script` (made ready), `matching`, `templates`, `replies`
- around the engine: `loader` and `library` (files), `sessions`, `journal`, `player`, `app`, `server`, `cli`
- in a test: `pytest_plugin` (the fixture `gateway`), `testing`, `starting` (`mockserver.start`), `verdict`

What is public here is imported when it is first used: a plugin must cost nothing where it is not used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.journal.verify import ClientError
    from mockserver.scenarios.schema import Scenario
    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.start import start

__all__ = ["ClientError", "GatewaySession", "Scenario", "__version__", "start"]

_PUBLIC = {
    "ClientError": "mockserver.journal.verify",
    "GatewaySession": "mockserver.testing.gateway",
    "Scenario": "mockserver.scenarios.schema",
    "start": "mockserver.testing.start",
}

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mockserver' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)
