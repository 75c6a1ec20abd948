"""From a plan to a reply: fill templates, generate arguments, cut the answer to the client's limits.

Everything here is derived: the same plan, conversation and seed give the same reply. A reply ends before the first stop
sequence in its text (stop reason `stop_sequence`), and after `max_tokens` tokens by the counting rule of `conversation`
(stop reason `max_tokens`). Text and thinking may be cut anywhere; a tool call that does not fit is left out.
A turn that says how many output tokens its reply has is believed: a recorded reply that fitted fits again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from mockserver.accounts.identify import OPEN_PLAN
from mockserver.accounts.prices import DEFAULT_RATE
from mockserver.core import catalogue
from mockserver.core.conversation import (
    CHARACTERS_PER_TOKEN,
    Conversation,
    JsonObject,
    Reply,
    ReplyBlock,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolUse,
    Usage,
    compact_json,
    refusal_text,
    spoken,
    tokens,
)
from mockserver.core.errors import Refusal
from mockserver.core.rng import Rng, token
from mockserver.core.signatures import NONCE
from mockserver.engine.prompt_cache import NO_CACHE, CacheUse
from mockserver.engine.recipe import ReplyRecipe
from mockserver.engine.structured import default_json
from mockserver.engine.thinking import as_shown, cut_thinking, default_thinking, make_thinking
from mockserver.engine.usage import usage_of
from mockserver.openapi.operation import Operation
from mockserver.openapi.sampling.schema import SamplingError
from mockserver.scenarios.script import (
    BlockPlan,
    DefaultPlan,
    JsonPlan,
    ReplyPlan,
    TextPlan,
    ThinkingPlan,
    ToolPlan,
    fill,
)
from mockserver.scenarios.templates import Template, TemplateContext
from mockserver.wires.wire import Wire

SENTENCES = (
    "Hello! How can I help you today?",
    "Certainly. Here is a short answer from the mock gateway.",
    "Good question. The short answer is yes, with one exception.",
    "I have looked into it, and everything seems to be in order.",
    "Here is what I found: three small things, and none of them is urgent.",
    "That works. Let me know if you would like the details.",
    "In one sentence: it depends on the season, and on whom you ask.",
    "Done. You can carry on from here whenever you like.",
)
"""The texts of default replies. The table is fixed, so that no new version of a library changes them."""


NO_TOOL = "any_tool"
"""The tool that a call without a name calls where the client offers none."""

CreditFields: TypeAlias = Callable[[Usage], JsonObject]
"""From the usage of an answer to the fields of a managed answer that say what it costs and leaves."""


class SeedPath(msgspec.Struct, frozen=True, gc=False):
    """The parts from which everything generated in one reply derives: seed, session, turn and hit."""

    parts: tuple[str, ...]

    def token(self, *more: object, length: int = 22) -> str:
        """Return an id of `length` hexadecimal digits, derived from the parts."""
        return token(*self.parts, *more, length=length)

    def rng(self, *more: object) -> Rng:
        """Return a generator derived from the parts."""
        return Rng(*self.parts, *more)


def default_plan(conversation: Conversation, seed_path: SeedPath) -> ReplyPlan:
    """Return the plan of a default reply: a call of the forced tool, else the JSON asked for, else a short text.

    Thinking comes before it if the client asks for that.
    """
    thinking = default_thinking(conversation, seed_path.rng("thinking"))
    tool = _forced_tool(conversation)
    if tool is not None and catalogue.calls_tools(conversation.model):
        return ReplyPlan(blocks=(*thinking, ToolPlan(tool.name, None, None)))
    text = seed_path.rng("text").choice(SENTENCES)
    if conversation.response_format is not None:
        text = compact_json(default_json(conversation.response_format, text, *seed_path.parts))
    return ReplyPlan(blocks=(*thinking, TextPlan(Template((text,)))))


def _forced_tool(conversation: Conversation) -> Tool | None:
    choice = conversation.tool_choice
    if choice.mode == "required":
        return next((tool for tool in conversation.tools if tool.name in (choice.allowed or (tool.name,))), None)
    if choice.mode == "tool":
        for tool in conversation.tools:
            if tool.name == choice.name:
                return tool
    return None


def _without_default(plan: ReplyPlan, conversation: Conversation, seed_path: SeedPath) -> Iterator[BlockPlan]:
    """Yield the blocks of a plan, those of the default answer in the place of `default`."""
    for block in plan.blocks:
        if isinstance(block, DefaultPlan):
            yield from default_plan(conversation, seed_path).blocks
        else:
            yield block


def check_limits(operation: Operation, conversation: Conversation) -> None:
    """Check the limits of the route: provider, iterations. Raises `Refusal` 400."""
    if operation.variant == "byok":
        provider = conversation.body.get("provider")
        if provider not in catalogue.BYOK_PROVIDERS:
            raise Refusal(400, "unsupported_provider", f"Unsupported provider: {provider}", param="provider")
    limit = conversation.body.get("max_iterations", operation.max_iterations)
    if isinstance(limit, int | float) and conversation.tool_rounds >= limit:
        raise Refusal(
            400,
            "max_iterations_exceeded",
            f"Maximum tool calling iterations ({limit:g}) exceeded without completion",
            param="max_iterations",
        )


def make_recipe(
    plan: ReplyPlan, conversation: Conversation, wire: Wire, context: TemplateContext, seed_path: SeedPath
) -> ReplyRecipe:
    """Return a plan with its templates filled and its ids made."""
    planned = list(_without_default(plan, conversation, seed_path))
    is_thought = isinstance(next(iter(planned), None), ThinkingPlan)
    prefix = wire.thought_id_prefix if is_thought else wire.tool_id_prefix
    blocks = [
        _make_block(block, conversation, prefix, context, seed_path, number) for number, block in enumerate(planned)
    ]
    id = plan.id or seed_path.token("reply")
    return ReplyRecipe(id=id, blocks=tuple(blocks), pace=plan.pace, usage=plan.usage, stop=plan.stop)


def make_reply(
    plan: ReplyRecipe,
    conversation: Conversation,
    operation: Operation,
    wire: Wire,
    now: float,
    credit_fields: CreditFields | None = None,
    cache: CacheUse = NO_CACHE,
) -> Reply:
    """Return the reply of a recipe to a conversation. `credit_fields` makes the credit fields of a managed answer.

    `cache` is what the prompt cache does for the request.
    """
    said = plan.usage.output if plan.usage is not None else None
    blocks, stop, sequence = _cut(plan.blocks, conversation, said)
    usage = usage_of(conversation, blocks, plan.usage, cache)
    stop = plan.stop or stop
    finish = stop if stop == "tool_use" else wire.stop_reason(stop, blocks)  # D4's top-level field says tool_use
    extras = _EXTRAS[operation.variant](conversation, finish, usage)
    if wire.echoed is not None:
        extras = {**wire.echoed(conversation), **extras}
    if credit_fields is not None and operation.variant == "managed":
        extras = {**extras, **credit_fields(usage)}
    return Reply(
        id=plan.id,
        model=conversation.model,
        created=int(now),
        blocks=as_shown(blocks, conversation),
        stop=stop,
        usage=usage,
        stop_sequence=sequence if stop == "stop_sequence" else None,
        extras=extras,
        choices=conversation.choices,
        logprobs=conversation.logprobs,
    )


def _make_block(
    plan: BlockPlan,
    conversation: Conversation,
    id_prefix: str,
    context: TemplateContext,
    seed_path: SeedPath,
    number: int,
) -> ReplyBlock:
    if isinstance(plan, ThinkingPlan):
        return make_thinking(plan, context, seed_path.token("thinking", number, length=NONCE))
    if isinstance(plan, TextPlan):
        literal = plan.text.literal
        return Text(plan.text.fill(context) if literal is None else literal, plan.is_refusal)
    if isinstance(plan, JsonPlan):
        return Text(compact_json(fill(plan.value, context)))
    assert isinstance(plan, ToolPlan), "make_recipe has put blocks in the place of `default`"
    if not plan.name:
        plan = msgspec.structs.replace(plan, name=_likely_tool(conversation))
    arguments = _arguments(plan, conversation, seed_path, number) if plan.input is None else fill(plan.input, context)
    is_custom = any(tool.is_custom and tool.name == plan.name for tool in conversation.tools)
    return ToolUse(plan.name, arguments, plan.id or id_prefix + seed_path.token("tool", number), is_custom)


def _likely_tool(conversation: Conversation) -> str:
    """Return the name of the tool that the client demands, else of the first that it offers."""
    demanded = _forced_tool(conversation)
    offered = [tool.name for tool in conversation.tools]
    return demanded.name if demanded is not None else next(iter(offered), NO_TOOL)


def _arguments(plan: ToolPlan, conversation: Conversation, seed_path: SeedPath, number: int) -> JsonObject:
    """Return arguments that satisfy the offered tool's schema, else the scenario's. Raises `Refusal` 400."""
    from mockserver.openapi.sampling.sampler import sample  # only tools without arguments of their own need it

    offered = {tool.name: (index, tool.schema) for index, tool in enumerate(conversation.tools)}
    index, schema = offered.get(plan.name, (-1, plan.schema))
    try:
        made = sample(schema, *seed_path.parts, number) if schema else {}
    except SamplingError as error:
        place = f"tools.{index}" if index >= 0 else "the scenario's tools"
        raise Refusal(400, "invalid_request", f"{place}: no input satisfies the schema: {error}", param=place) from None
    return made if isinstance(made, Mapping) else {}


def _cut(
    blocks: Sequence[ReplyBlock], conversation: Conversation, said: int | None
) -> tuple[list[ReplyBlock], Stop, str | None]:
    """Return the blocks that the client's limits allow, the stop reason, and the stop sequence that was hit.

    `said` is how many tokens the turn says that they have, or None.
    """
    kept, sequence = list(blocks), None
    if conversation.stop_sequences:
        kept, sequence = _until_sequence(blocks, conversation.stop_sequences)
    limit = conversation.max_tokens
    if limit is not None and (said is None or said > limit):
        within = _within(kept, limit)
        if within is not None:
            return within, "max_tokens", None
    if sequence is not None:
        return kept, "stop_sequence", sequence
    if any(isinstance(block, ToolUse) for block in kept):
        return kept, "tool_use", None
    return kept, "refusal" if refusal_text(kept) else "end_turn", None


def _until_sequence(blocks: Sequence[ReplyBlock], sequences: Sequence[str]) -> tuple[list[ReplyBlock], str | None]:
    kept: list[ReplyBlock] = []
    for block in blocks:
        if isinstance(block, Text):
            hits = [
                (block.text.find(sequence), sequence) for sequence in sequences if sequence and sequence in block.text
            ]
            if hits:
                place, sequence = min(hits)
                return [*kept, _shortened(block, place)] if place else kept, sequence
        kept.append(block)
    return kept, None


def _within(blocks: Sequence[ReplyBlock], limit: int) -> list[ReplyBlock] | None:
    """Return the blocks cut to `limit` tokens, or None if all of them fit."""
    room = limit * CHARACTERS_PER_TOKEN
    sizes = [spoken(block) for block in blocks]
    if tokens(sum(sizes)) <= limit:
        return None
    kept: list[ReplyBlock] = []
    for block, size in zip(blocks, sizes, strict=True):  # pragma: no branch - one breaks, since not all of them fit
        if size > room:
            if isinstance(block, Text) and room:
                kept.append(_shortened(block, room))
            elif isinstance(block, Thinking) and (part := cut_thinking(block, room)) is not None:
                kept.append(part)
            break
        kept.append(block)
        room -= size
    return kept


def _shortened(text: Text, length: int) -> Text:
    return Text(text.text[:length], text.is_refusal)


def _plain_extras(conversation: Conversation, finish: str, usage: Usage) -> JsonObject:
    return {}


def _byok_extras(conversation: Conversation, finish: str, usage: Usage) -> JsonObject:
    return {
        "provider": conversation.body.get("provider"),
        "iterations": conversation.tool_rounds + 1,
        "total_tokens_used": usage.total,
        "finish_reason": finish,
    }


def _managed_extras(conversation: Conversation, finish: str, usage: Usage) -> JsonObject:
    model = catalogue.find(conversation.model)
    return {
        "provider": model.provider.lower() if model is not None else "ainative",
        "credits_consumed": round(float(DEFAULT_RATE.price(usage)), 6),
        "credits_remaining": None,
        "plan_tier": OPEN_PLAN,
        "finish_reason": finish,
    }


_EXTRAS = {"plain": _plain_extras, "byok": _byok_extras, "managed": _managed_extras}
