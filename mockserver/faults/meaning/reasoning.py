"""Thinking before the answer, which nobody scripted.

Why: models that think send a thinking block, or `reasoning_content`, before their answer, asked for or not. A client
that takes the first block for the answer shows the thoughts. This fault lays them over any answer, such as one that
chaos disturbs; in a reply of your own, write a `thinking` block: its tokens are counted.

In a scenario:

    faults: [reasoning]
"""

from typing import ClassVar

from pydantic import Field

from mockserver.core.actions import Actions, Data
from mockserver.core.conversation import Thinking
from mockserver.core.rng import token
from mockserver.core.signatures import NONCE, sign
from mockserver.faults.answers import Object, first_document, is_stream, kinds_of
from mockserver.faults.editing import each_document, insert
from mockserver.faults.fault import Context, Fault, Parameters
from mockserver.faults.meaning.block_index import renumber_blocks
from mockserver.wires.wire import Wire


class Reasoning(Parameters):
    """The thinking."""

    main: ClassVar[str] = "text"
    text: str = Field("Let me think.", min_length=1, description="The thinking.")


def reasoning(actions: Actions, parameters: Reasoning, context: Context) -> Actions:
    """Return the answer with thinking before its text."""
    thinking = Thinking(parameters.text, sign(parameters.text, token("reasoning", parameters.text, length=NONCE)))
    if not is_stream(actions):
        return _whole(actions, thinking, context.wire)
    addition = context.wire.odd.reasoning(first_document(actions), thinking)
    if addition.blocks:
        actions = renumber_blocks(actions, start=addition.blocks, step=1)
    return insert(actions, addition.before or min(2, len(kinds_of(actions))), *addition.frames)


def _whole(actions: Actions, thinking: Thinking, wire: Wire) -> Actions:
    """Return a complete answer with thinking. An error has none."""

    def change(event: Data, body: Object) -> bool:
        if body.get("error"):
            return False
        wire.odd.whole_reasoning(body, thinking)
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
