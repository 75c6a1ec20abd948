"""Small looks into JSON that may be anything: a client wrote it, or a fault has changed it."""

from collections.abc import Mapping, Sequence

from mockserver.core.conversation import Json
from mockserver.core.json_text import parse_json


def objects(value: Json) -> Sequence[Mapping[str, Json]]:
    """Return the objects of a list; nothing for any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else ()


def mapping(value: Json) -> Mapping[str, Json]:
    """Return an object as it is, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    """Return the text of a value, and nothing for a missing or empty one."""
    return str(value or "")


def string(value: Json) -> str:
    """Return a string as it is, and an empty one for any other value."""
    return value if isinstance(value, str) else ""


def strings(value: Json) -> tuple[str, ...]:
    """Return the strings of a list; nothing for any other value."""
    return tuple([item for item in value if isinstance(item, str)]) if isinstance(value, list) else ()


def whole_number(value: Json) -> int | None:
    """Return a number as an integer (JSON Schema takes 5.0 for one), and None for any other value."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def parsed(written: str) -> Json:
    """Return the JSON of a text, and an empty object for a text that is none."""
    try:
        return parse_json(written)
    except ValueError:
        return {}
