"""A fault with its parameters, as the engine applies it: its context, its stage, and how it says that it has no effect.

Nothing here needs the table or a fault's file, so an answer without faults loads none of them.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import orjson

from mockserver.core.actions import Actions
from mockserver.core.errors import MockserverError
from mockserver.core.rng import Rng
from mockserver.wires import DEFAULT
from mockserver.wires.wire import Wire

if TYPE_CHECKING:
    from pydantic import JsonValue

    from mockserver.faults.fault import Fault, Parameters


class NoEffectError(MockserverError):
    """A fault found nothing to act on. The message says what it looked for."""


class Context(NamedTuple):
    """What a fault may know beside the answer: its own random numbers, the session's time in seconds, and the wire."""

    rng: Rng
    now: float = 0.0
    wire: Wire = DEFAULT


class Stage(IntEnum):
    """When a fault acts, wherever it is written.

    Faults of the stage `EVENTS` act in the order of the file, on whole events in their canonical form (`wires.sse`).
    The stages after it first change how these events are written: their lines, the ends of lines and what stands before
    the first, the encoding, the length. The last four split what is left into several writes, from coarse to fine.
    """

    EVENTS = 0
    FORM = 1
    LINE_ENDS = 2
    ENCODING = 3
    LENGTH = 4
    LINES = 5
    CHARACTERS = 6
    PIECES = 7
    BYTES = 8

    @property
    def waits(self) -> bool:
        """Whether a fault of this stage waits until every other list of faults has been laid over the answer."""
        return self is not Stage.EVENTS

    @property
    def splits(self) -> bool:
        """Whether a fault of this stage splits an event over several writes."""
        return self >= Stage.LINES


class CompiledFault(NamedTuple):
    """A fault with its parameters: a function from an answer to an answer. `words` is its spelling in a file."""

    fault: "Fault"
    parameters: "Parameters"
    words: "str | dict[str, JsonValue]"

    def __call__(self, actions: Actions, context: Context) -> Actions:
        """Return the changed answer. Raises `NoEffectError` if the fault finds nothing to act on."""
        try:
            return self.fault.apply(actions, self.parameters, context)
        except _OUT_OF_SHAPE as error:
            reason = f"{self.fault.name} finds nothing of its usual shape ({type(error).__name__}: {error})"
            raise NoEffectError(reason) from error


_OUT_OF_SHAPE = (
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    StopIteration,
    UnicodeDecodeError,
    orjson.JSONDecodeError,
)
"""What reading an answer raises that an earlier fault has broken. On a healthy answer the golden files forbid it."""
