"""The order in which faults act: on whole events in the order of the file, then those that wait, stage by stage.

Faults read and rewrite events in their canonical form. A fault that writes lines in another way would hide them from
those after it, or lose its own work to them: `malformed_json` after `crlf` would bring LF back. One that splits an
event over several writes would leave half events: `swap` would exchange two bytes, `duplicate` would repeat one letter.
So such faults wait, wherever they are written, also for the faults of other lists: those of a turn act after what a
queued response or chaos lays over the same answer.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mockserver.core.actions import Actions
from mockserver.faults.compiled import CompiledFault, Context, NoEffectError


class WaitingFault(NamedTuple):
    """A fault that acts when every list of faults has been laid over the answer."""

    fault: CompiledFault
    context: Context


class Applied(NamedTuple):
    """An answer of whole events, the faults that are still to act, and why faults without effect had none."""

    actions: Actions
    waiting: tuple[WaitingFault, ...]
    idle: tuple[str, ...]


def in_order(faults: Sequence[CompiledFault]) -> list[int]:
    """Return the indices of the faults in the order in which they act."""
    return sorted(range(len(faults)), key=lambda index: faults[index].fault.stage)


def apply_faults(actions: Actions, faults: Sequence[CompiledFault], context_of: Callable[[int], Context]) -> Applied:
    """Return the answer after every fault that acts on whole events; `apply_waiting` does the rest.

    `context_of` makes the context of the fault that acts as number 0, 1, … of the list.
    """
    waiting: list[WaitingFault] = []
    idle: list[str] = []
    for number, index in enumerate(in_order(faults)):
        fault, context = faults[index], context_of(number)
        if fault.fault.stage.waits:
            waiting.append(WaitingFault(fault, context))
            continue
        try:
            actions = fault(actions, context)
        except NoEffectError as error:
            idle.append(str(error))
    return Applied(actions, tuple(waiting), tuple(idle))


def apply_waiting(actions: Actions, waiting: Sequence[WaitingFault]) -> tuple[Actions, tuple[str, ...]]:
    """Return the answer after the faults that have waited, and why those without effect had none."""
    idle: list[str] = []
    for index in in_order([late.fault for late in waiting]):
        fault, context = waiting[index]
        try:
            actions = fault(actions, context)
        except NoEffectError as error:
            idle.append(str(error))
    return actions, tuple(idle)
