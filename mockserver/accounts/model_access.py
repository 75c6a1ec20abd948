"""Access to models: whether one exists, the plan includes it, the prompt fits, how long it answers; warnings of D1.

Rules (rulings of the contract):

- Model ids differ between documents, so an unknown one is accepted. `strict_models` answers 404, and 403
  `model_not_available` for a model that the plan lacks.
- An account that names models may use no others, strict or not: 403.
- A prompt longer than the model's context is 400, if a document states the context.
- More `max_tokens` than the model gives is a warning, and the answer is limited to the model's own: no document names a
  status, and many clients ask for more by default. `strict_models` answers 400.
- D1's tips for open models (short descriptions, flat schemas, about 16 tools) give warnings, not errors.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from mockserver.accounts import plans
from mockserver.core import catalogue
from mockserver.core.actions import Actions, Head
from mockserver.core.conversation import Conversation, Tool
from mockserver.core.errors import Refusal, did_you_mean

MOST_TOOLS = 16
LONGEST_DESCRIPTION = 300
"""D1, tool calling tips 1 to 3."""

NOTE = "x-mock-note"
LONGEST_NOTE = 1_000
"""Characters; some proxies refuse headers of a few thousand."""

ROBUST = frozenset({"Anthropic", "OpenAI"})
"""Providers whose models the tips do not apply to. D1: "Claude handles 100+"."""


def default_model(plan: str) -> str:
    """Return the model for a request that names none, which the managed routes allow (D1: default model)."""
    return "qwen-coder-32b" if plans.includes(plan, "pro") else "qwen-7b"


def check_model(conversation: Conversation, plan: str, allowed: Sequence[str] | None, *, strict: bool) -> None:
    """Check that the model exists, may be used and has room for the prompt. Raises `Refusal` 404, 403 or 400."""
    id = conversation.model
    model = catalogue.find(id)
    if model is None and strict and not id.startswith("mock/"):
        hint = did_you_mean(id, [known.id for known in catalogue.MODELS])
        raise Refusal(404, "model_not_found", f"No model '{id}'; {hint}", param="model")
    if allowed is not None and not any(matches(id, glob) for glob in allowed):
        raise Refusal(403, "model_not_available", f"The model '{id}' is not available to this account.", param="model")
    if model is None:
        return
    if strict and not plans.includes(plan, model.plan):
        needed = f"It needs the {model.plan} plan or above."
        message = f"The model '{id}' is not available on the {plan} plan. {needed}"
        raise Refusal(403, "model_not_available", message, param="model")
    if model.context is not None:
        size = conversation.input_tokens
        if size > model.context:
            message = f"prompt is too long: {size} tokens > {model.context} maximum for {id}"
            raise Refusal(400, "context_length_exceeded", message, param="messages")


def limit_answer(conversation: Conversation, *, strict: bool) -> tuple[Conversation, tuple[str, ...]]:
    """Return the conversation with an answer no longer than the model's, and a warning if the client asked for more.

    Raises `Refusal` 400 where the operator is strict.
    """
    asked, model = conversation.max_tokens, catalogue.find(conversation.model)
    if asked is None or model is None or model.max_tokens is None or asked <= model.max_tokens:
        return conversation, ()
    limit = model.max_tokens
    excess = f"max_tokens: {asked} > {limit}, which is the maximum for {model.id}"
    if strict:
        raise Refusal(400, "invalid_request", excess, param="max_tokens")
    return msgspec.structs.replace(conversation, max_tokens=limit), (f"{excess}; limited to {limit}",)


def matches(id: str, glob: str) -> bool:
    """Return whether a model id, in any document's spelling, fits a glob."""
    return fnmatchcase(catalogue.fold(id), catalogue.fold(glob))


def warnings(id: str, tools: Sequence[Tool]) -> tuple[str, ...]:
    """Return what D1's tips would change about these tools for this model, one line each."""
    model = catalogue.find(id) if tools else None
    if model is None or model.provider in ROBUST or not model.tools:
        return ()
    lines = []
    count = len(tools)
    if count > MOST_TOOLS:
        lines.append(f"{count} tools; open models take about {MOST_TOOLS}")
    for tool in tools:
        name = tool.name.encode("ascii", "replace").decode()
        if len(tool.description) > LONGEST_DESCRIPTION:
            lines.append(f"tool {name}: description of {len(tool.description)} characters; under 300 works best")
        if _is_nested(tool.schema):
            lines.append(f"tool {name}: nested schema; flat properties work best")
    return tuple(lines)


def with_warnings(actions: Actions, warnings: Sequence[str]) -> Actions:
    """Return the answer with the warnings in a header of bounded length; `?` replaces what no header can hold."""
    if not warnings:
        return actions
    text = "; ".join(warnings)[:LONGEST_NOTE]
    note = (NOTE, "".join([letter if letter.isascii() and letter.isprintable() else "?" for letter in text]))
    return tuple(
        [
            msgspec.structs.replace(action, headers=(*action.headers, note)) if isinstance(action, Head) else action
            for action in actions
        ]
    )


def _is_nested(schema: Mapping[str, object]) -> bool:
    """Return whether a property is an object with properties of its own, or a list of such objects."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return False
    for inner in properties.values():
        for part in (inner, inner.get("items")) if isinstance(inner, Mapping) else ():
            if isinstance(part, Mapping) and part.get("properties"):
                return True
    return False
