"""What a fault is: one row of the table, and its parameters. A fault's file imports from here all that it needs."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from mockserver.core.actions import Actions
from mockserver.faults.compiled import Context, NoEffectError, Stage

__all__ = ["Context", "Fault", "NoEffectError", "Nothing", "Parameters", "Stage"]


class Parameters(BaseModel):
    """The parameters of a fault. `main` names the one that `{fault: value}` sets."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=True)
    main: ClassVar[str] = ""


class Nothing(Parameters):
    """No parameters."""


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
