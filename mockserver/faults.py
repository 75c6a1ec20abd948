"""What can go wrong on the wire: one table of pure functions on actions.

A fault is a function from the actions of an answer to other actions. It is chosen by name in a turn's `faults`; its
parameters are the fields of its model. Scenario files, the list that `mockserver faults` prints, the docs and the tests
read this one table, so nothing exists under a name that is not in it.

Rules: a fault rolls only the dice that it is given; it says so (`NoEffectError`) when it finds nothing to act on, for a
fault that silently does nothing is the worst bug that a tool of this kind can have.

To add a fault: a parameter model (none if it has no parameters), a function of a few lines, a row, a test.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from pydantic import JsonValue

from mockserver.actions import Actions, Data
from mockserver.dice import Dice
from mockserver.errors import MockserverError, did_you_mean

Apply: TypeAlias = Callable[[Actions, Dice], Actions]


class NoEffectError(MockserverError):
    """A fault found nothing to act on. The message says what it looked for."""


class Fault(NamedTuple):
    """One row: what it does in one sentence, where it comes from, and the function."""

    about: str
    source: str
    apply: Apply


def _without(*events: str) -> Apply:
    """A fault that drops the frames of these kinds."""
    dropped = frozenset(events)

    def apply(actions: Actions, dice: Dice) -> Actions:
        kept = tuple([action for action in actions if not (isinstance(action, Data) and action.event in dropped)])
        if len(kept) == len(actions):
            raise NoEffectError(f"the answer has no {' or '.join(events)} to leave out")
        return kept

    return apply


FAULTS: Mapping[str, Fault] = {
    "short_sequence": Fault(
        "Only message_start, content_block_delta, message_delta and message_stop, as D1 lists them.",
        "D1",
        _without("content_block_start", "content_block_stop", "ping"),
    ),
}


def compile_fault(given: str | Mapping[str, JsonValue]) -> Apply:
    """A fault as a scenario names it, made ready. `{quirk: name}` and the bare name are the same.

    Raises `ValueError` with the remedy for a name or a parameter that means nothing.
    """
    name = given if isinstance(given, str) else given.get("quirk")
    if not isinstance(name, str) or (not isinstance(given, str) and len(given) != 1):
        raise ValueError("expected the name of a fault, such as {quirk: short_sequence}")
    fault = FAULTS.get(name)
    if fault is None:
        raise ValueError(f"no fault is called '{name}'; {did_you_mean(name, FAULTS)}")
    return fault.apply
