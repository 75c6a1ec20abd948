"""The default answers of operations that are no conversations: models, token counts, the contract's examples.

A scenario turn that names the operation takes precedence.
"""

from collections.abc import Callable, Mapping

import orjson

from mockserver.core import catalogue
from mockserver.core.conversation import Conversation, input_tokens
from mockserver.core.errors import Refusal
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import Parameters


def _models(parameters: Parameters, conversation: Conversation | None) -> bytes:
    return orjson.dumps(catalogue.listing())


def _model(parameters: Parameters, conversation: Conversation | None) -> bytes:
    return orjson.dumps(catalogue.one(parameters["model_id"]))


def _count_tokens(parameters: Parameters, conversation: Conversation | None) -> bytes:
    return orjson.dumps({"input_tokens": input_tokens(conversation) if conversation is not None else 0})


ANSWERS: Mapping[str, Callable[[Parameters, Conversation | None], bytes]] = {
    "models": _models,
    "model": _model,
    "count_tokens": _count_tokens,
}
"""Operation name -> the function that makes its body from the path parameters and the conversation, if any."""


def answer(operation: Operation, parameters: Parameters, conversation: Conversation | None) -> bytes:
    """Return the body of a 200: that of the table, else the contract's first example.

    Raises `Refusal` 404 for an operation that the contract documents as absent (D1: /api/oauth/roles).
    """
    make = ANSWERS.get(operation.name)
    if make is not None:
        return make(parameters, conversation)
    if operation.example is None:
        raise Refusal(404, "not_found", f"{operation.path} does not exist on this gateway.")
    return operation.example
