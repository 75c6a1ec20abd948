"""Recipes: what an answer was made from, so that a copied turn can give the same answer again.

The journal keeps the actions of an answer, from which a fault may have removed the text. A recipe keeps what the turn
said once its templates were filled and its ids were made, and the faults that then acted: those of the turn, of queued
responses and of chaos, in that order.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from mockserver.core.actions import Actions, Data, Headers
from mockserver.core.conversation import ReplyBlock, Stop, spoken
from mockserver.core.errors import Failure
from mockserver.faults import CompiledFault

if TYPE_CHECKING:
    from pydantic import JsonValue

    from mockserver.scenarios.schema import Pace, UsageOverride


class ReplyRecipe(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A reply before the client's limits cut it. `usage` and `stop` are set only where the turn overrides them."""

    id: str
    blocks: tuple[ReplyBlock, ...]
    pace: "Pace | None" = None
    usage: "UsageOverride | None" = None
    stop: Stop | None = None


class Recipe(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an answer was made from: a reply, an error, or else the actions of the answer itself, before its faults.

    `headers` are those that the turn adds. `faults` are spelled as in a scenario file.
    """

    reply: ReplyRecipe | None = None
    failure: Failure | None = None
    actions: Actions = ()
    headers: Headers = ()
    faults: "tuple[str | dict[str, JsonValue], ...]" = ()

    def with_headers(self, headers: Headers) -> "Recipe":
        """Return the recipe of an answer to which a turn adds these headers."""
        return msgspec.structs.replace(self, headers=headers)

    @property
    def size(self) -> int:
        """About how many bytes the recipe holds that the answer's own actions do not."""
        if self.reply is not None:
            blocks = self.reply.blocks
            return spoken(blocks[0]) if len(blocks) == 1 else sum([spoken(block) for block in blocks])
        return sum([len(action.payload) for action in self.actions if isinstance(action, Data)]) if self.faults else 0


def with_faults(recipe: Recipe | None, faults: Sequence[CompiledFault]) -> Recipe | None:
    """Return the recipe of an answer over which these faults were laid."""
    if recipe is None or not faults:
        return recipe
    return msgspec.structs.replace(recipe, faults=(*recipe.faults, *[fault.words for fault in faults]))


def without_pace(recipe: Recipe | None) -> Recipe | None:
    """Return the recipe of an answer that lost its waits."""
    if recipe is None or recipe.reply is None:
        return recipe
    return msgspec.structs.replace(recipe, reply=msgspec.structs.replace(recipe.reply, pace=None))
