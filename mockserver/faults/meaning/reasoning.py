"""Reasoning before the answer.

Why: models that think send a thinking block, or `reasoning_content`, before their answer. A client that takes the first
block for the answer shows the thoughts.

In a scenario:

    faults: [reasoning]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions
from mockserver.faults.answers import first_document, kinds_of, need_stream
from mockserver.faults.editing import insert
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.meaning.block_index import renumber_blocks


class Reasoning(Parameters):
    """The reasoning."""

    main: ClassVar[str] = "text"
    text: str = Field("Let me think.", min_length=1, description="The reasoning.")


def reasoning(actions: Actions, parameters: Reasoning, context: Context) -> Actions:
    """Return the stream with reasoning before its text."""
    need_stream(actions)
    addition = context.wire.odd.reasoning(first_document(actions), parameters.text)
    if addition.blocks:
        actions = renumber_blocks(actions, start=addition.blocks, step=1)
    return insert(actions, addition.before or min(2, len(kinds_of(actions))), *addition.frames)


FAULT = Fault(
    name="reasoning",
    group="meaning",
    doc=__doc__,
    source="measured: thinking_block, reasoning_content_delta",
    apply=reasoning,
    parameters=Reasoning,
)
