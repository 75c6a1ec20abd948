"""One operation of the contract, and how the engine calls one that a user's own document describes.

The gateway's own operations are answered by the engine. An operation of another document ("bring your own contract")
has a `handler` instead, which the engine asks for everything that depends on that document.
"""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Failure
from mockserver.openapi.body_schema import BodySchema
from mockserver.openapi.router import Parameters

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods that a path item of OpenAPI 3.0 and 3.1 can have."""
METHODS_32 = (*METHODS, "query")
"""The methods that a path item of OpenAPI 3.2 can have, apart from `additionalOperations`."""

Scheme: TypeAlias = Literal["x-api-key", "bearer"]
Variant: TypeAlias = Literal["plain", "byok", "managed"]


class HandlerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a handler reads it: header names in lower case, `query` undecoded."""

    method: str
    headers: Mapping[str, str]
    parameters: Parameters = {}
    query: str = ""
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<{self.method}, {len(self.body)} bytes>"  # the other fields hold keys and passwords


class HandlerResponse(msgspec.Struct, frozen=True):
    """A complete response of a handler."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class OperationHandler(Protocol):
    """What the engine asks of an operation that is not the gateway's own; `external.endpoint` implements it.

    `seed` is what generated data derives from.
    """

    def admit(self, request: HandlerRequest, /) -> None:
        """Check the credentials. Raises `Refusal` 401."""

    def read(self, request: HandlerRequest, /) -> JsonObject:
        """Return the body if it is a JSON object, else {}. Raises `Refusal` for a request that is not valid."""

    def answer(self, request: HandlerRequest, /, *seed: object) -> HandlerResponse:
        """Return the default answer. Raises `Refusal` if the client prefers one that is not documented."""

    def failed(self, failure: Failure, request: HandlerRequest, /, *seed: object) -> HandlerResponse | None:
        """Return an error in the form that the document gives to its status, or None if it documents none."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the contract.

    `name` is the word that scenarios use; an alias has the name of its original. `schemes` are the accepted ways to
    send a key, in order. `key_optional` says that a request needs none. `validator` is None if the operation reads no
    JSON body, `form` if it reads no form. `without_provider` is the operation that reads a request without a provider
    if the gateway is lenient. `handler` is set for operations of other documents only.
    """

    id: str
    name: str
    method: str
    path: str
    wire: str
    variant: Variant
    invalid_status: int
    schemes: tuple[Scheme, ...]
    key_optional: bool
    max_tokens: int | None
    max_iterations: int | None = None
    statuses: tuple[int, ...]
    example: bytes | None
    validator: BodySchema | None = None
    body_optional: bool = True
    form: BodySchema | None = None
    without_provider: "Operation | None" = None
    handler: OperationHandler | None = None
    sources: frozenset[str] = frozenset()

    @property
    def is_absent(self) -> bool:
        """Return whether the document says that this path does not exist (D1: /api/oauth/roles): only 404 is listed."""
        return self.statuses == (404,)

    @property
    def is_conversation(self) -> bool:
        """Return whether it takes messages and answers with a reply."""
        return self.wire != "json" and self.name != "count_tokens"
