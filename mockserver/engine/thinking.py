"""Thinking in a reply: made from a plan, cut to the client's limit, kept from a client that asked for that.

A request that asks for thinking gets a short one before the default answer. A scenario alone decides about its own
replies: their thinking is sent whether the client asked for it or not.
"""

from collections.abc import Sequence

import msgspec

from mockserver.core.conversation import Conversation, ReplyBlock, Thinking
from mockserver.core.rng import Rng
from mockserver.core.signatures import sign, signed_again
from mockserver.scenarios.script import ThinkingPlan
from mockserver.scenarios.templates import Template, TemplateContext

THOUGHTS = (
    "Let me think. The question is short, so a short answer will do.",
    "I should read the request once more, then answer it plainly.",
    "There are two ways to do this. The first is simpler, so I take it.",
    "Nothing here needs a long search. I know enough to answer.",
)
"""The thinking of default replies. The table is fixed, as their texts are."""


def default_thinking(conversation: Conversation, rng: Rng) -> tuple[ThinkingPlan, ...]:
    """Return the thinking before a default reply: one short block if the client asks for it, else none."""
    if conversation.thinking == "none":
        return ()
    return (ThinkingPlan(Template((rng.choice(THOUGHTS),))),)


def make_thinking(plan: ThinkingPlan, context: TemplateContext, nonce: str) -> Thinking:
    """Return a block of thinking with its signature: the plan's own, else one made from `nonce`."""
    text = plan.text.fill(context)
    signed = "" if plan.redacted else text  # redacted thinking comes back without its text
    return Thinking(text, plan.signature or sign(signed, nonce), plan.redacted)


def cut_thinking(block: Thinking, characters: int) -> Thinking | None:
    """Return the block cut to this many characters and signed again; None if nothing is left.

    Redacted thinking cannot be cut, so nothing is left of it.
    """
    text = block.text[:characters]
    if block.redacted or not text:
        return None
    return Thinking(text, signed_again(text, block.signature))


def as_shown(blocks: Sequence[ReplyBlock], conversation: Conversation) -> tuple[ReplyBlock, ...]:
    """Return the blocks as the client wants to see them: hidden thinking keeps its signature and loses its text."""
    if conversation.thinking != "hidden":
        return tuple(blocks)
    return tuple([_hidden(block) if isinstance(block, Thinking) else block for block in blocks])


def _hidden(block: Thinking) -> Thinking:
    if block.redacted:
        return block
    return msgspec.structs.replace(block, text="", signature=signed_again("", block.signature))
