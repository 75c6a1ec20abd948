"""Healthy answers for faults to act on: one reply with text and two parallel calls, in the four forms of it."""

from collections.abc import Mapping
from functools import cache

from pydantic import JsonValue

from mockserver.core.actions import Actions
from mockserver.core.rng import Rng
from mockserver.faults import Context, Fault, NoEffectError, compile_fault
from tests.support.engine import CHAT, MESSAGES, NOW, Talk, turns

REPLY = """
  - reply:
      - text: "Zürich 🌍 is"
      - tool_use: {name: get_weather, id: toolu_1, input: {city: "Zürich 🌍"}}
      - tool_use: {name: get_time, id: toolu_2, input: {tz: Europe/Oslo}}
    times: always
"""
TEXT = """
  - reply: "Grüezi 🌍 and how do you do?"
    times: always
"""
FAILURE = """
  - error: {status: 429, retry_after: 1}
    times: always
"""

FORMS: Mapping[str, tuple[str, dict[str, JsonValue]]] = {
    "anthropic stream": (MESSAGES, {"stream": True}),
    "openai stream": (CHAT, {"stream": True, "stream_options": {"include_usage": True}}),
    "anthropic whole": (MESSAGES, {}),
    "openai whole": (CHAT, {}),
}


@cache
def healthy(reply: str = REPLY) -> Mapping[str, Actions]:
    """The same reply in every form."""
    return {form: Talk(turns(reply)).say(path, **fields).actions for form, (path, fields) in FORMS.items()}


def example(fault: Fault) -> JsonValue:
    """Return a fault's example as a scenario file has it."""
    return fault.name if fault.example is None else {fault.name: fault.example}


def bend(given: JsonValue, actions: Actions, seed: object = 0) -> Actions:
    """One fault, or a list of them in order, on an answer."""
    for number, fault in enumerate(given if isinstance(given, list) else [given]):
        assert isinstance(fault, str | dict)
        actions = compile_fault(fault)(actions, Context(Rng(seed, number), NOW))
    return actions


def effects(given: JsonValue, reply: str = REPLY) -> dict[str, Actions | str]:
    """The bent answer in every form, or why the fault has no effect on it."""
    found: dict[str, Actions | str] = {}
    for form, actions in healthy(reply).items():
        try:
            found[form] = bend(given, actions)
        except NoEffectError as error:
            found[form] = str(error)
    return found
