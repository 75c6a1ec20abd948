"""The default answers of operations that are no conversations: models, token counts, embeddings, examples.

A scenario turn that names the operation takes precedence.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl

import orjson

from mockserver.core import catalogue
from mockserver.core.errors import Refusal
from mockserver.engine.embeddings import embeddings
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import Parameters
from mockserver.scenarios.call import Call

Query: TypeAlias = Mapping[str, str]
"""The parameters of the query string."""


MOST_MODELS = 1_000
"""The largest `limit` of a page, as in Anthropic's API."""


def _models(parameters: Parameters, query: Query, call: Call) -> bytes:
    limit = query.get("limit")
    if limit is not None and not (limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= MOST_MODELS):
        raise Refusal(400, "invalid_request", f"limit: Input should be from 1 to {MOST_MODELS}", param="limit")
    page = catalogue.listing(None if limit is None else int(limit), query.get("after_id"), query.get("before_id"))
    return orjson.dumps(page)


def _model(parameters: Parameters, query: Query, call: Call) -> bytes:
    return orjson.dumps(catalogue.one(parameters["model_id"]))


def _count_tokens(parameters: Parameters, query: Query, call: Call) -> bytes:
    return orjson.dumps({"input_tokens": call.conversation.input_tokens if call.conversation is not None else 0})


def _embeddings(parameters: Parameters, query: Query, call: Call) -> bytes:
    return embeddings(call.body)


ANSWERS: Mapping[str, Callable[[Parameters, Query, Call], bytes]] = {
    "models": _models,
    "model": _model,
    "count_tokens": _count_tokens,
    "embeddings": _embeddings,
}
"""Operation name -> the function that makes its body from path parameters, query and call."""


def answer(operation: Operation, parameters: Parameters, query: str, call: Call) -> bytes:
    """Return the body of a 200: that of the table, else the contract's first example.

    Raises `Refusal` 400 for an invalid query, and 404 for an operation that the contract documents as absent (D1:
    /api/oauth/roles).
    """
    make = ANSWERS.get(operation.name)
    if make is not None:
        return make(parameters, dict(parse_qsl(query)), call)
    if operation.example is None:
        raise Refusal(404, "not_found", f"{operation.path} does not exist on this gateway.")
    return operation.example
