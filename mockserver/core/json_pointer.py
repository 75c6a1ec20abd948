"""JSON Pointer (RFC 6901): read one value inside another by its path, as in `/messages/0/content`.

Evaluated first: `jsonpointer` 3 (alive, no dependencies) decodes and follows pointers, but raises where a matcher wants
a plain "missing", takes `-` as a position past the end of an array, and would be one more package for forty lines.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_BARE_TILDE = re.compile("~(?![01])")


class Missing:
    """The type of `MISSING`, which is distinct from every JSON value, null included."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


def parse(pointer: str) -> tuple[str, ...]:
    """Return the reference tokens of a pointer, unescaped.

    Raises `ValueError` for a text that is not a JSON Pointer.
    """
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"'{pointer}' is not a JSON Pointer; it begins with / as in /metadata/user_id")
    if _BARE_TILDE.search(pointer):
        raise ValueError(f"'{pointer}' is not a JSON Pointer; a tilde is written ~0, a slash in a name ~1")
    return split(pointer)


def split(pointer: str) -> tuple[str, ...]:
    """Return the reference tokens of a pointer that is empty or begins with a slash.

    A tilde that escapes nothing stands for itself, as it does in jsonschema-rs; `parse` refuses it.
    """
    # ~1 first: the other way round, ~01 would become a slash (RFC 6901, section 4).
    return tuple([part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]])


def join(parts: Iterable[str | int]) -> str:
    """Return the pointer made of these property names and array indexes, escaped."""
    return "".join(["/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts])


def follow(value: object, parts: Sequence[str]) -> object:
    """Return the value at the end of the path, or `MISSING`."""
    for part in parts:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def same(first: object, second: object) -> bool:
    """Return whether two values are equal as JSON: 1 equals 1.0, but true does not equal 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second
