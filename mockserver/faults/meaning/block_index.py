"""Indexes of content blocks that do not start at 0, have gaps, or are all the same.

Why: gateways that leave blocks out (thinking, say) keep the old numbers. Clients that use the index as a place in a
list raise, or put deltas into the wrong block.

In a scenario:

    faults: [{block_index: {start: 0, step: 2}}]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.faults.answers import Object, need_stream
from mockserver.faults.editing import each_document
from mockserver.faults.fault import Context, Fault, Parameters


class Index(Parameters):
    """How blocks are counted."""

    main: ClassVar[str] = "start"
    start: int = Field(1, ge=0, description="The first index.")
    step: int = Field(1, ge=0, description="From one to the next: 2 leaves gaps, 0 gives all the same.")


def block_index(actions: Actions, parameters: Index, context: Context) -> Actions:
    """Return the stream with other indexes for content blocks. For tool calls of the OpenAI wire see tool_index."""
    return renumber_blocks(actions, parameters.start, parameters.step)


def renumber_blocks(actions: Actions, start: int, step: int) -> Actions:
    """Return the stream with the index n of each content block or output item changed to start + step * n."""
    need_stream(actions)

    def change(event: Data, body: Object) -> bool:
        names = [name for name in ("index", "output_index") if isinstance(body.get(name), int)]
        for name in names:
            body[name] = start + step * body[name]
        return bool(names)

    return each_document(actions, change, "no event has the index of a block")


FAULT = Fault(
    name="block_index",
    group="meaning",
    doc=__doc__,
    source="measured: index_starts_at_1, index_gap",
    apply=block_index,
    parameters=Index,
    example={"start": 0, "step": 2},
)
