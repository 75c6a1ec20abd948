"""A scriptable fake of the AINative LLM gateway.

Where to start reading: `engine.step.Engine.step` is the whole gateway, a pure function from a session and a request to
the next session and what happens on the wire. ARCHITECTURE.md lists the folders; each is a layer:

- what is sent: `core.actions`, `wires`, `faults`, `engine.pace`
- what is asked: `openapi` (openapi.yaml, compiled), `accounts`, `core.conversation`
- which turn answers: `scenarios`, `engine`
- around the engine: `files`, `journal`, `server`, `control`, `cli`
- in a test: `testing` (the pytest plugin and `mockserver.start`), `journal.client_rules` (the verdict)

Public names are imported when they are first used, so that the pytest plugin costs a suite nothing until then.
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
