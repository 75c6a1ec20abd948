"""JSON Pointer (RFC 6901): one value inside another by its path, `/messages/0/content`."""

import re
from collections.abc import Mapping, Sequence

_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_BARE_TILDE = re.compile("~(?![01])")


class Missing:
    """What a pointer gives that points to nothing; JSON's null is a value."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


def parts_of(pointer: str) -> tuple[str, ...]:
    """The parts of a pointer. Raises `ValueError` for a text that is none."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"'{pointer}' is not a JSON Pointer; it begins with / as in /metadata/user_id")
    if _BARE_TILDE.search(pointer):
        raise ValueError(f"'{pointer}' is not a JSON Pointer; a tilde is written ~0, a slash in a name ~1")
    return tuple([part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]])


def follow(value: object, parts: Sequence[str]) -> object:
    """The value at the end of the path, or `MISSING`."""
    for part in parts:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal as JSON has it: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
