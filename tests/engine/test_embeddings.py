"""Embeddings: unit vectors that follow from the text, as floats or as the SDK's base64."""

import base64
from math import hypot
from struct import unpack

import pytest
from pydantic import JsonValue

from mockserver.engine.embeddings import vector
from tests.support.engine import Answer, Talk, extended


def ask(**fields: JsonValue) -> Answer:
    return Talk(served=extended()).post("/v1/embeddings", {"model": "m", **fields})


def vectors(answer: Answer) -> list[JsonValue]:
    data = answer.at("data")
    assert isinstance(data, list)
    return [item["embedding"] for item in data if isinstance(item, dict)]


def test_the_same_text_has_the_same_unit_vector() -> None:
    first, second = vector("m", "one", 8), vector("m", "two", 8)
    assert first == vector("m", "one", 8) != second
    assert hypot(*first) == pytest.approx(1)


def test_base64_packs_the_same_numbers() -> None:
    [plain] = vectors(ask(input="one", dimensions=4))
    [packed] = vectors(ask(input="one", dimensions=4, encoding_format="base64"))
    assert list(unpack("<4f", base64.b64decode(str(packed)))) == pytest.approx(plain)


@pytest.mark.parametrize(
    ("asked", "count", "tokens"), [("one", 1, 1), (["one", "two"], 2, 2), ([1, 2, 3], 1, 3), ([[1, 2], [3]], 2, 3)]
)
def test_texts_and_tokens_are_counted(asked: JsonValue, count: int, tokens: int) -> None:
    answer = ask(input=asked)
    assert len(vectors(answer)) == count
    assert answer.at("usage", "prompt_tokens") == tokens
