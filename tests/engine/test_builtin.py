"""Default answers of operations that take no conversation."""

import msgspec
import orjson
import pytest

from mockserver.core.errors import Refusal
from mockserver.engine import builtin
from mockserver.scenarios.call import Call
from tests.support.engine import contract


def test_an_operation_without_a_function_answers_with_its_documented_example() -> None:
    """So an operation that is added to openapi.yaml has an answer before anybody writes code for it."""
    documented, _ = contract().find("GET", "/api/v1/auth/me")
    added = msgspec.structs.replace(documented, name="added")
    assert orjson.loads(builtin.answer(added, {}, "", Call(operation=added, conversation=None))) == orjson.loads(
        documented.example or b""
    )


def test_an_operation_that_is_documented_as_absent_is_not_found() -> None:
    absent, _ = contract().find("GET", "/api/oauth/roles")
    with pytest.raises(Refusal) as refused:
        builtin.answer(absent, {}, "", Call(operation=absent, conversation=None))
    assert (refused.value.failure.status, refused.value.failure.code) == (404, "not_found")
