"""Healthy answers for faults to act on: one reply with text and two parallel calls, in each of its four forms."""

from collections.abc import Mapping
from functools import cache

from pydantic import JsonValue

from mockserver.core.actions import Actions
from mockserver.core.rng import Rng
from mockserver.faults import Context, NoEffectError
from mockserver.faults.compile import compile_fault
from mockserver.wires import WIRES
from mockserver.wires.wire import Wire
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
    """Return the same reply in every form."""
    return {form: Talk(turns(reply)).say(path, **fields).actions for form, (path, fields) in FORMS.items()}


def wire_of(form: str) -> Wire:
    """Return the wire of a form of the answer."""
    return WIRES[form.partition(" ")[0]]


def bend(faults: JsonValue, actions: Actions, form: str, seed: object = 0) -> Actions:
    """Return an answer in this form after one fault, or after each of a list in the order of the list."""
    for number, fault in enumerate(faults if isinstance(faults, list) else [faults]):
        assert isinstance(fault, str | dict)
        actions = compile_fault(fault)(actions, Context(Rng(seed, number), NOW, wire_of(form)))
    return actions


def effects(faults: JsonValue, reply: str = REPLY) -> dict[str, Actions | str]:
    """Return the answer after the faults in every form, or why they have no effect on that form."""
    answers: dict[str, Actions | str] = {}
    for form, actions in healthy(reply).items():
        try:
            answers[form] = bend(faults, actions, form)
        except NoEffectError as error:
            answers[form] = str(error)
    return answers
