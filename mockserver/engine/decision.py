"""The engine's decision: the actions of an answer, the note that explains it, and the receipt of its price."""

import msgspec

from mockserver.accounts import billing
from mockserver.core.actions import Actions
from mockserver.core.conversation import Usage
from mockserver.engine.recipe import Recipe
from mockserver.faults import WaitingFault
from mockserver.wires.caching import CacheState


class Note(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why the answer is what it is, for the journal.

    `turn` is 0 if no scenario answered; `code` is the stable word of an error, `misses` say why no turn matched.
    `idle_faults` are the reasons of faults that found nothing to act on. `warnings` are what the client should know of
    its request, although it was answered (what was accepted and how, D1's tips for tools), and that a scripted reply is
    not in the form that it asks for. `draws` are the rules of chaos that fired and `faults` the names of the turn's
    faults. `cache` is what the prompt cache did for the request.
    """

    session: str
    seed: str = "0"
    operation: str = ""
    scenario: str = ""
    turn: int = 0
    code: str = ""
    misses: tuple[str, ...] = ()
    idle_faults: tuple[str, ...] = ()
    usage: Usage | None = None
    warnings: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    cache: CacheState = "none"


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What happens on the wire, why, and the receipt that `Engine.settle` needs when the answer has been delivered.

    `waiting` are faults that act after every other list; a decision that has left the engine has none.
    `laid` are the faults that chaos has laid over the answer, for one who lays them over another answer in its place.
    `recipe` is what the answer was made from; it may hold secrets of the client, as the actions may.
    """

    actions: Actions
    note: Note
    receipt: billing.Receipt | None = None
    waiting: tuple[WaitingFault, ...] = ()
    recipe: Recipe | None = None
    laid: tuple[WaitingFault, ...] = ()
