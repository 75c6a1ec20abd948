"""Layered mappings: the first that has the key decides."""

import pytest

from mockserver.core.layered import LayeredMapping

OWN, SHIPPED = {"a": 1}, {"a": 2, "b": 3}


@pytest.mark.parametrize(("key", "value"), [("a", 1), ("b", 3), ("c", None)])
def test_the_first_mapping_that_has_a_key_gives_its_value(key: str, value: int | None) -> None:
    assert LayeredMapping(OWN, SHIPPED).get(key) == value


def test_a_key_of_none_has_the_default() -> None:
    assert LayeredMapping(OWN, SHIPPED).get("c", 4) == 4
