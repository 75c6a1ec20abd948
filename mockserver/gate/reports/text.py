"""Text of a target, made safe for a report."""

from collections.abc import Mapping
from typing import Any


def printable(text: str) -> str:
    """Words of a target, which may hold what moves a cursor or turns a line around."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def encodable(value: Any) -> Any:
    """Text that UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: encodable(one) for key, one in value.items()}
    return [encodable(one) for one in value] if isinstance(value, list) else value
