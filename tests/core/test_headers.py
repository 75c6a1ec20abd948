"""What is derived from headers is derived once for one mapping that a connection keeps."""

from collections.abc import Mapping

from mockserver.core.headers import RequestHeaders, derive

CALLS: list[int] = []


def size(headers: Mapping[str, str]) -> int:
    CALLS.append(len(headers))
    return len(headers)


def test_what_a_connection_keeps_is_derived_once() -> None:
    CALLS.clear()
    kept = RequestHeaders({"a": "1"})
    assert (derive(kept, size), derive(kept, size), CALLS) == (1, 1, [1])


def test_any_other_mapping_is_derived_each_time() -> None:
    CALLS.clear()
    assert (derive({"a": "1"}, size), derive({"a": "1"}, size), CALLS) == (1, 1, [1, 1])
