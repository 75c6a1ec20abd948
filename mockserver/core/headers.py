"""The headers of a request, with what was derived from them alone.

A client sends the same headers again and again on one connection, so the server keeps one mapping for as long as they
stay the same (`server/head_memo`). What a stage derives from headers alone (the key, its mask, what the journal may
keep) is derived once and kept beside them. Any other mapping works too; then it is derived each time.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class RequestHeaders(dict[str, str]):
    """Headers by lower-case name. They must not be changed once something was derived from them."""

    __slots__ = ("derived",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.derived: dict[object, Any] = {}  # Any: what each function returns


def derive(headers: Mapping[str, str], make: Callable[[Mapping[str, str]], T]) -> T:
    """Return `make(headers)`, made once for one `RequestHeaders` unless that is None. `make` is a module's function."""
    if not isinstance(headers, RequestHeaders):
        return make(headers)
    known: T | None = headers.derived.get(make)
    if known is None:
        known = headers.derived[make] = make(headers)
    return known
