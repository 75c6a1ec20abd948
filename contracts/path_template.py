"""The paths of an OpenAPI document, such as `/pets/{id}`."""

import re
from urllib.parse import unquote


def fits(template: str, path: str) -> bool:
    """Return whether a path without its query is one of a template."""
    names, parts = template.split("/"), path.split("/")
    return len(names) == len(parts) and all(
        name == part or ("{" in name and _matches(name, unquote(part))) for name, part in zip(names, parts, strict=True)
    )


def _matches(name: str, part: str) -> bool:
    """Return whether a segment such as `{id}.json` fits."""
    pattern = "".join(".+" if piece.startswith("{") else re.escape(piece) for piece in re.split(r"(\{[^}]*\})", name))
    return re.fullmatch(pattern, part, re.DOTALL) is not None
