"""The models that the five documents name, as one table.

A row is one model: its id, provider, context window and longest answer in tokens (None where no document says), whether
it calls tools, the lowest plan that includes it, the documents that name it, and its other ids. Rulings: documents
spell ids with different dots, dashes, capitals and vendor prefixes, so ids are compared folded (`fold`); SDKs add the
date of a release or `latest`, which means the same model; gemma, deepseek-r1 and minimax do not call tools, whatever
D1's table says; a model that no document names can do everything.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Refusal, did_you_mean

_RELEASE = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
"""The end of an id that names a release of the model: claude-sonnet-4-5-20250929, gpt-4o-2024-08-06."""

RELEASED = 1_735_689_600
"""2025-01-01T00:00:00Z. The documents give no dates; a fixed one keeps the list the same on every day."""


BYOK_PROVIDERS = ("anthropic", "meta_llama")
"""The providers of the BYOK route (D2, D4)."""


class ModelInfo(NamedTuple):
    """One row of the catalogue."""

    id: str
    provider: str
    context: int | None
    max_tokens: int | None
    tools: bool
    plan: str
    sources: tuple[str, ...]
    aliases: tuple[str, ...] = ()


K128, K200 = 128_000, 200_000

MODELS: tuple[ModelInfo, ...] = (
    # Code models (D1)
    ModelInfo("qwen-coder-32b", "HuggingFace", None, 32_768, True, "pro", ("D1",)),
    ModelInfo("qwen-coder-7b", "HuggingFace", None, None, True, "basic", ("D1",)),
    ModelInfo("nouscoder-14b", "HuggingFace", None, None, True, "pro", ("D1",)),
    ModelInfo("minimax-m2.7", "NVIDIA NIM", None, None, False, "pro", ("D1",)),
    # Text models (D1, D0, D4)
    ModelInfo("qwen-7b", "HuggingFace", None, None, True, "free", ("D1",)),
    ModelInfo("gemma-2b", "HuggingFace", None, None, False, "free", ("D1",)),
    ModelInfo("gemma-9b", "HuggingFace", None, None, False, "pro", ("D1",)),
    ModelInfo("llama-3.3-8b-instruct", "Meta", K128, None, True, "free", ("D1", "D4")),
    ModelInfo("llama-3.3-70b-instruct", "Meta", K128, None, True, "basic", ("D0", "D1", "D4")),
    ModelInfo("llama-3.1-8b-instruct", "Meta", K128, None, True, "free", ("D0",)),
    ModelInfo(
        "llama-4-maverick-17b-128e",
        "Meta",
        K128,
        None,
        True,
        "pro",
        ("D1", "D4"),
        ("Llama-4-Maverick-17B-128E-Instruct-FP8",),
    ),
    # Reasoning models (D1)
    ModelInfo("deepseek-r1-distill-qwen-7b", "HuggingFace", None, None, False, "pro", ("D1",)),
    ModelInfo("deepseek-r1-distill-llama-8b", "HuggingFace", None, None, False, "pro", ("D1",)),
    ModelInfo("deepseek-r1", "HuggingFace", None, None, False, "enterprise", ("D1",)),
    # Frontier models (D1, D3, D4)
    ModelInfo(
        "claude-3-5-haiku", "Anthropic", K200, 8_192, True, "basic", ("D1", "D3"), ("claude-3-5-haiku-20241022",)
    ),
    ModelInfo("claude-3-5-sonnet-20241022", "Anthropic", K200, 8_192, True, "pro", ("D3",), ("claude-3-5-sonnet",)),
    ModelInfo("claude-sonnet-4.5", "Anthropic", K200, 8_192, True, "pro", ("D1", "D4")),
    ModelInfo("claude-opus-4", "Anthropic", K200, 8_192, True, "enterprise", ("D1", "D4")),
    ModelInfo("claude-3-opus-20240229", "Anthropic", K200, 8_192, True, "enterprise", ("D3",), ("claude-3-opus",)),
    ModelInfo("gpt-4o", "OpenAI", K128, None, True, "pro", ("D3",)),
)


def fold(id: str) -> str:
    """Return an id without what documents spell differently: case, dots for dashes, a vendor before a slash."""
    return id.rpartition("/")[2].casefold().replace(".", "-").replace("_", "-")


_BY_FOLDED: Mapping[str, ModelInfo] = {fold(name): model for model in MODELS for name in (model.id, *model.aliases)}


LONGEST_ID = 200
"""Characters of the longest id that is looked up or remembered: clients choose ids, and caches keep them."""


def find(id: str) -> ModelInfo | None:
    """Return the model of an id in any document's spelling, or None if no document names it."""
    return _find(id) if len(id) <= LONGEST_ID else None


@lru_cache(maxsize=256)
def _find(id: str) -> ModelInfo | None:
    """Return the same for an id that is short enough to be cached."""
    folded = fold(id)
    return _BY_FOLDED.get(folded) or _BY_FOLDED.get(_RELEASE.sub("", folded))


def calls_tools(id: str) -> bool:
    """Return whether the model calls tools; one that no document names does."""
    model = find(id)
    return model.tools if model is not None else True


def is_claude(id: str) -> bool:
    """Return whether the id is one of Anthropic's, whether a document names it or not."""
    return fold(id).startswith("claude")


def listing(limit: int | None = None, after: str | None = None, before: str | None = None) -> JsonObject:
    """Return the body of GET models: OpenAI's list, plus the fields that Anthropic's SDK reads.

    `limit`, and the id `after` or `before` which a page lies, are Anthropic's. Raises `Refusal` 400 for an unknown id.
    """
    ids = [model.id for model in MODELS]
    first = 0 if after is None else _place(ids, "after_id", after) + 1
    last = len(MODELS) if before is None else _place(ids, "before_id", before)
    models, has_more = MODELS[first:last], False
    if limit is not None:
        has_more = len(models) > limit
        models = models[-limit:] if before is not None and after is None else models[:limit]
    entries = [entry(model) for model in models]
    return {
        "object": "list",
        "data": entries,
        "has_more": has_more,
        "first_id": entries[0]["id"] if entries else None,
        "last_id": entries[-1]["id"] if entries else None,
    }


def _place(ids: Sequence[str], name: str, id: str) -> int:
    if id not in ids:
        raise Refusal(400, "invalid_request", f"{name}: no model '{id}'; {did_you_mean(id, ids)}", param=name)
    return ids.index(id)


def entry(model: ModelInfo) -> dict[str, object]:
    """Return one model, in both dialects at once, without limits that no document states."""
    limits = {"context_window": model.context, "max_output_tokens": model.max_tokens}
    return {
        "id": model.id,
        "object": "model",
        "created": RELEASED,
        "owned_by": model.provider,
        "type": "model",
        "display_name": model.id,
        "created_at": "2025-01-01T00:00:00Z",
        **{name: limit for name, limit in limits.items() if limit is not None},
        "supports_tools": model.tools,
        "plan": model.plan,
    }


def one(id: str) -> JsonObject:
    """Return the body of GET models/{id}, with the id as the client wrote it. Raises `Refusal` 404."""
    model = find(id)
    if model is None:
        hint = did_you_mean(id, [known.id for known in MODELS])
        raise Refusal(404, "model_not_found", f"No model '{id}'; {hint}", param="model_id")
    return entry(model) | {"id": id}
