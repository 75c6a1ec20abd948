"""Small looks into JSON that may be anything: a fault can have changed it."""

from collections.abc import Iterator, Mapping

import orjson

from mockserver.core.conversation import Json


def objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """Yield the objects of a list; nothing for any other value."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def mapping(value: Json) -> Mapping[str, Json]:
    """Return an object as it is, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    """Return the text of a value, and nothing for a missing or empty one."""
    return str(value or "")


def parsed(written: str) -> Json:
    """Return the JSON of a text, and an empty object for a text that is none."""
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return {}
