"""Rendering: from the plan of a turn to the actions of its answer, at its pace and with its faults."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

import msgspec
import orjson

from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Headers
from mockserver.core.conversation import Conversation, Reply
from mockserver.core.errors import Refusal
from mockserver.engine import pace, responses
from mockserver.engine.decision import Decision
from mockserver.engine.literal import literal_reply
from mockserver.engine.prompt_cache import NO_CACHE, CacheUse
from mockserver.engine.recipe import ReplyRecipe
from mockserver.engine.reply import CreditFields, SeedPath, make_recipe, make_reply
from mockserver.faults import Applied, CompiledFault, Context, apply_faults, apply_waiting
from mockserver.openapi.operation import Operation
from mockserver.scenarios.script import RawPlan, ReplyPlan, fill
from mockserver.scenarios.templates import TemplateContext
from mockserver.wires import WIRES
from mockserver.wires.errors import failure
from mockserver.wires.wire import Wire


class RenderedReply(NamedTuple):
    """A reply as actions, as the conversation has it, and as the recipe that it was made from."""

    actions: Actions
    reply: Reply
    recipe: ReplyRecipe


def render_reply(
    plan: ReplyPlan,
    conversation: Conversation,
    operation: Operation,
    context: TemplateContext,
    seed_path: SeedPath,
    headers: Headers,
    credit_fields: CreditFields | None = None,
    cache: CacheUse = NO_CACHE,
) -> RenderedReply:
    """Return a reply on the client's wire, whole or streamed, at its pace."""
    wire, literal = WIRES[operation.wire], literal_reply(plan.literal, operation)
    if literal is not None and literal.fits(conversation) and cache is NO_CACHE:
        id = plan.id or seed_path.token("reply")
        recipe = ReplyRecipe(id=id, blocks=literal.blocks, pace=plan.pace)
        reply = literal.reply(id, conversation.model, context.now, conversation.input_tokens)
        whole: Callable[[Reply], bytes] = literal.whole
    else:
        recipe = make_recipe(plan, conversation, wire, context, seed_path)
        reply = make_reply(recipe, conversation, operation, wire, context.now, credit_fields, cache)
        whole = wire.whole
    chunk = plan.pace.chunk if plan.pace is not None else "word"
    if conversation.stream:
        actions = responses.streamed(wire.frames(reply, chunk, conversation), headers)
    else:
        actions = responses.whole(200, whole(reply), responses.JSON, headers)
    if plan.pace is None or not plan.pace.takes_time:
        return RenderedReply(actions, reply, recipe)

    def deltas() -> int:
        return sum([frame.event in wire.deltas for frame in wire.frames(reply, chunk, conversation)])

    return RenderedReply(pace.paced(actions, plan.pace, deltas, seed_path.rng("pace")), reply, recipe)


def check_loaded(plan: ReplyPlan, session: Session, now: float) -> None:
    """Raise `Refusal` 503 while the model of this turn is loading (D1: retry in 5 to 10 seconds)."""
    length = plan.pace.cold_start if plan.pace is not None else None
    left = 0.0 if length is None else length - session.age(now)
    if left > 0:
        loading = failure(503, code="model_loading")
        raise Refusal(503, "model_loading", loading.message, headers=(("retry-after", str(ceil(left))),))


def render_raw(plan: RawPlan, context: TemplateContext, headers: Headers) -> Actions:
    """Return a raw response with its templates filled."""
    body = fill(plan.body, context)
    media_type = "text/plain; charset=utf-8" if isinstance(body, str) else responses.JSON
    payload = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return responses.with_headers(responses.whole(plan.status, payload, media_type, headers), plan.headers)


def lay_faults(
    actions: Actions, faults: Sequence[CompiledFault], seed_path: SeedPath, now: float, wire: Wire
) -> Applied:
    """Return the answer after a list of faults. Some wait until the decision is complete (`finish_faults`)."""
    return apply_faults(actions, faults, lambda number: Context(seed_path.rng("fault", number), now, wire))


def finish_faults(decision: Decision) -> Decision:
    """Return the decision after the faults that waited for every other list."""
    if not decision.waiting:
        return decision
    actions, idle = apply_waiting(decision.actions, decision.waiting)
    note = msgspec.structs.replace(decision.note, idle_faults=(*decision.note.idle_faults, *idle))
    return msgspec.structs.replace(decision, actions=actions, note=note, waiting=())
