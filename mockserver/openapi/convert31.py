"""openapi.yaml as OpenAPI 3.1, for tools that do not know 3.2.

The only feature of 3.2 that the contract uses is `itemSchema`, the schema of one event of a stream. 3.1 has no such
keyword; its tools take the schema of a `text/event-stream` body for the schema of one event, so `itemSchema` replaces
`schema`.
"""

from collections.abc import Mapping

import yaml

from mockserver.core import fast_yaml


def convert_to_31(text: str) -> str:
    """Return the YAML text of a 3.2 document as 3.1."""
    document = fast_yaml.load(text)
    document["openapi"] = "3.1.1"
    return yaml.safe_dump(_without_item_schema(document), sort_keys=False, allow_unicode=True, width=120)


def _without_item_schema(node: object) -> object:
    if isinstance(node, Mapping):
        kept = {
            key: value for key, value in node.items() if key not in ("schema", "itemSchema") or "itemSchema" not in node
        }
        if "itemSchema" in node:
            kept = {"schema": node["itemSchema"], **kept}
        return {key: _without_item_schema(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_without_item_schema(item) for item in node]
    return node
