"""A scriptable fake of the AINative LLM gateway.

Where to start reading: `engine.Engine.step` is the whole gateway, a pure function from a session and a request to the
next session and what happens on the wire. From there, each question has its table:

- what is sent: `wire` (two dialects), `actions` (what can happen), `faults` (what can go wrong), `pacing`
- what is asked: `contract` (openapi.yaml, compiled), `keys`, `conversation`
- what is played: `scenario` (the language), `script` (made ready), `matching`, `templates`, `replies`
- around the engine: `loader` and `library` (files), `sessions`, `journal`, `player`, `app`, `server`, `cli`
"""

__version__ = "0.1.0"
