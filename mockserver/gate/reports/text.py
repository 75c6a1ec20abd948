"""Text of a target, made safe for a report."""

from collections.abc import Mapping
from typing import Any


def printable(text: str) -> str:
    """Return a text in which characters that could move a cursor or reverse a line are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def encodable(value: Any) -> Any:
    """Return plain data in which every text can be written as UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value
