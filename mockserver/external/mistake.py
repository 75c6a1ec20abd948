"""One mistake in an OpenAPI document, before a line number is found for it."""

from typing import NamedTuple, TypeAlias

Keys: TypeAlias = tuple[str | int, ...]


class Mistake(NamedTuple):
    """What is wrong, and where: the file, and the keys that lead there.

    With `at_key` the mistake is the last key itself, not its value.
    """

    file: str
    path: Keys
    message: str
    at_key: bool = False
