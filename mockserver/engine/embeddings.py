"""Embeddings: unit vectors that look random and depend on the model and the text alone.

The same text has the same vector in every session and with every seed, so that a vector which a program has stored
stays right. A vector of fewer dimensions is the beginning of a longer one, made a unit vector again, as with the real
models. Similar texts have no similar vectors: there is no model.
"""

import base64
from collections.abc import Mapping, Sequence
from hashlib import shake_128
from math import sqrt
from struct import pack, unpack
from typing import Final

import orjson

from mockserver.core.conversation import Json, JsonObject, tokens

DIMENSIONS: Mapping[str, int] = {"text-embedding-3-large": 3_072}
USUAL_DIMENSIONS: Final = 1_536
"""The length of the vectors of any other model."""


def embeddings(body: JsonObject) -> bytes:
    """Return the answer to a valid request."""
    texts, model = _inputs(body["input"]), body["model"]
    length = body.get("dimensions") or DIMENSIONS.get(model, USUAL_DIMENSIONS)
    is_packed = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        found = vector(model, text, length)
        data.append({"object": "embedding", "index": index, "embedding": packed(found) if is_packed else found})
    count = sum([len(text) if isinstance(text, list) else tokens(len(text)) for text in texts])
    usage = {"prompt_tokens": count, "total_tokens": count}
    return orjson.dumps({"object": "list", "data": data, "model": model, "usage": usage})


def vector(model: str, text: Json, length: int) -> list[float]:
    """Return the unit vector of a text, or of a list of tokens."""
    stream = shake_128(orjson.dumps([model, text])).digest(2 * length)
    numbers = [2 * number + 1 for number in unpack(f"<{length}h", stream)]  # odd, so that no vector is zero
    size = sqrt(sum([number * number for number in numbers]))
    return [number / size for number in numbers]


def packed(numbers: Sequence[float]) -> str:
    """Return numbers as base64 of 32-bit floats in little-endian order, which is what the SDK asks for."""
    return base64.b64encode(pack(f"<{len(numbers)}f", *numbers)).decode()


def _inputs(value: Json) -> list[Json]:
    """Return the texts (or lists of tokens) of an input; one that is no list of them is the only one."""
    is_single = isinstance(value, str) or isinstance(value[0], int)
    return [value] if is_single else list(value)
