"""Reasoning before the answer.

Why: models that think send a thinking block, or `reasoning_content`, before their answer. A client that takes the first
block for the answer shows the thoughts.

In a scenario:

    faults: [reasoning]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import Object, first_document, is_stream, kinds_of
from mockserver.faults.editing import each_document, insert
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.meaning.block_index import renumber_blocks
from mockserver.wires.wire import Wire


class Reasoning(Parameters):
    """The reasoning."""

    main: ClassVar[str] = "text"
    text: str = Field("Let me think.", min_length=1, description="The reasoning.")


def reasoning(actions: Actions, parameters: Reasoning, context: Context) -> Actions:
    """Return the answer with reasoning before its text."""
    if not is_stream(actions):
        return _whole(actions, parameters.text, context.wire)
    addition = context.wire.odd.reasoning(first_document(actions), parameters.text)
    if addition.blocks:
        actions = renumber_blocks(actions, start=addition.blocks, step=1)
    return insert(actions, addition.before or min(2, len(kinds_of(actions))), *addition.frames)


def _whole(actions: Actions, text: str, wire: Wire) -> Actions:
    """Return a complete answer with reasoning. An error has none."""

    def change(event: Data, body: Object) -> bool:
        if "error" in body:
            return False
        wire.odd.whole_reasoning(body, text)
        return True

    return each_document(actions, change, "the answer is an error, or has no JSON")


FAULT = Fault(
    name="reasoning",
    group="meaning",
    doc=__doc__,
    source="measured: thinking_block, reasoning_content_delta",
    apply=reasoning,
    parameters=Reasoning,
)
