"""Leaves out of a schema what no document says: fields and values whose `x-source` is only OBS or SDK."""

from typing import Any

OBSERVED = frozenset({"OBS", "SDK"})
"""The sources that are not documents."""

FORMS = frozenset({"AnthropicError", "FastApiError", "BareError"})
"""Forms of an error body that were only observed. Without them the schema would allow any form."""


def is_observed(sources: object) -> bool:
    """Return whether none of these sources is a document."""
    return isinstance(sources, list) and bool(sources) and set(sources) <= OBSERVED


def documented(node: Any) -> Any:
    """Return a schema without what was only observed."""
    if isinstance(node, list):
        return [documented(child) for child in node]
    if not isinstance(node, dict):
        return node
    if is_observed(node.get("x-source")) and "properties" in node:
        return {}
    gone = {name for name, child in (node.get("properties") or {}).items() if _only_observed(child)}
    kept = {key: documented(value) for key, value in node.items() if key not in ("properties", "required")}
    if isinstance(node.get("properties"), dict):
        kept["properties"] = {name: documented(child) for name, child in node["properties"].items() if name not in gone}
    if "required" in node:
        kept["required"] = (
            [name for name in node["required"] if name not in gone]
            if isinstance(node["required"], list)
            else documented(node["required"])
        )
    return kept


def _only_observed(node: object) -> bool:
    return isinstance(node, dict) and is_observed(node.get("x-source"))
