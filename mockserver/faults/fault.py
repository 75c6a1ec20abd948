"""What a fault is: one row of the table, its parameters, its context, and the stage in which it acts."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from mockserver.core.actions import Actions
from mockserver.core.errors import MockserverError
from mockserver.core.rng import Rng
from mockserver.wires import DEFAULT
from mockserver.wires.wire import Wire


class NoEffectError(MockserverError):
    """A fault found nothing to act on. The message says what it looked for."""


class Context(NamedTuple):
    """What a fault may know beside the answer: its own random numbers, the session's time in seconds, and the wire."""

    rng: Rng
    now: float = 0.0
    wire: Wire = DEFAULT


class Parameters(BaseModel):
    """The parameters of a fault. `main` names the one that `{fault: value}` sets."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=True)
    main: ClassVar[str] = ""


class Nothing(Parameters):
    """No parameters."""


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


class Fault(NamedTuple):
    """One row of the table.

    `doc` is the docstring of the fault's file: its first paragraph says what the fault does, the paragraph that begins
    with "Why:" who meets it, and the line after "In a scenario:" is the example. `source` names the document behind it,
    or the cases of docs/clients.md. `example` is what follows the name in a scenario file; None stands for a bare name.
    """

    name: str
    group: str
    doc: str | None
    source: str
    apply: Callable[[Actions, Any, Context], Actions]
    parameters: type[Parameters] = Nothing
    example: JsonValue = None
    stage: Stage = Stage.EVENTS

    @property
    def about(self) -> str:
        """What the fault does."""
        return _joined((self.doc or "").partition("\n\n")[0])

    @property
    def why(self) -> str:
        """Who meets it, and what to look for."""
        why = _joined((self.doc or "").partition("\n\nWhy: ")[2].partition("\n\n")[0])
        return why[:1].upper() + why[1:]

    @property
    def spelling(self) -> str | dict[str, JsonValue]:
        """The example as a scenario file spells it."""
        return self.name if self.example is None else {self.name: self.example}


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())


class CompiledFault(NamedTuple):
    """A fault with its parameters: a function from an answer to an answer. `words` is its spelling in a file."""

    fault: Fault
    parameters: Parameters
    words: str | dict[str, JsonValue]

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
