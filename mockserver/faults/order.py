"""The order in which faults act: on whole events in the order of the file, then the splitters, from coarse to fine.

A fault that splits an event over several writes would leave half events to those after it: `swap` would exchange two
bytes, `duplicate` would repeat one letter. So splitters act last, wherever they are written. They wait even for faults
of other lists: a turn's splitters act after what a queued response or chaos lays over the same answer.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mockserver.core.actions import Actions
from mockserver.faults.fault import CompiledFault, Context, NoEffectError


class Splitter(NamedTuple):
    """A fault that is still to split an answer's events into several writes."""

    fault: CompiledFault
    context: Context


class Applied(NamedTuple):
    """An answer of whole events, the splitters that are still to act, and why faults without effect had none."""

    actions: Actions
    splitters: tuple[Splitter, ...]
    idle: tuple[str, ...]


def in_order(faults: Sequence[CompiledFault]) -> list[int]:
    """Return the indices of the faults in the order in which they act."""
    return sorted(range(len(faults)), key=lambda index: faults[index].fault.stage)


def apply_faults(actions: Actions, faults: Sequence[CompiledFault], context_of: Callable[[int], Context]) -> Applied:
    """Return the answer after every fault that acts on whole events; `split_writes` does the rest.

    `context_of` makes the context of the fault that acts as number 0, 1, … of the list.
    """
    splitters: list[Splitter] = []
    idle: list[str] = []
    for number, index in enumerate(in_order(faults)):
        fault, context = faults[index], context_of(number)
        if fault.fault.stage.splits:
            splitters.append(Splitter(fault, context))
            continue
        try:
            actions = fault(actions, context)
        except NoEffectError as error:
            idle.append(str(error))
    return Applied(actions, tuple(splitters), tuple(idle))


def split_writes(actions: Actions, splitters: Sequence[Splitter]) -> tuple[Actions, tuple[str, ...]]:
    """Return the answer with its events split into several writes, and why splitters without effect had none."""
    idle: list[str] = []
    for index in in_order([splitter.fault for splitter in splitters]):
        fault, context = splitters[index]
        try:
            actions = fault(actions, context)
        except NoEffectError as error:
            idle.append(str(error))
    return actions, tuple(idle)
