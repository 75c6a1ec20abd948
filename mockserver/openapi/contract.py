"""The contract made ready: openapi.yaml compiled to a table of operations, a router and request validators.

Law: the contract is one file. What an operation reads (its security, its body, the status of a failed validation, the
defaults of `max_tokens` and `max_iterations`) comes from the document, so that no second copy of the wire schemas
exists. The document arrives here as plain data; reading the file is the loader's business.

Of the document's extensions four matter here: `x-wire` (the dialect: anthropic, openai or json), `x-variant`
(plain, byok or managed), `x-invalid-status` (400 or 422) and `x-alias-of` (the same operation under the other
prefix, OBS).

Operations of other documents ("bring your own contract") stand beside the gateway's as operations with a `guest`; where
both have a path and method, the gateway's own wins.

Validation: jsonschema-rs on the parsed body; the first error by document order wins. Its words name the field by its
path, and never repeat the value, which may be somebody's prompt.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Literal, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl

import jsonschema_rs
import msgspec
import orjson

from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import Failure, Refusal, nearest
from mockserver.openapi.refs import resolve_object
from mockserver.openapi.router import Parameters, Router

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

FORM = "application/x-www-form-urlencoded"

Scheme: TypeAlias = Literal["x-api-key", "bearer"]
Variant: TypeAlias = Literal["plain", "byok", "managed"]

_SCHEMES: Mapping[str, Scheme] = {"ApiKeyAuth": "x-api-key", "BearerAuth": "bearer"}


class HandlerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a foreign operation reads it: header names in lower case, `query` as it came."""

    method: str
    headers: Mapping[str, str]
    parameters: Parameters = {}
    query: str = ""
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<{self.method}, {len(self.body)} bytes>"  # keys and passwords are in the rest


class HandlerResponse(msgspec.Struct, frozen=True):
    """A whole answer before it is put on the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class OperationHandler(Protocol):
    """What an operation does by itself that is not the gateway's: see `foreign`."""

    def admit(self, asked: HandlerRequest) -> None:
        """Refuse a request without credentials. Raises `Refusal` 401."""

    def read(self, asked: HandlerRequest) -> JsonObject:
        """The body, if it is an object. Raises `Refusal` for a request that the document does not allow."""

    def answer(self, asked: HandlerRequest, *seed: object) -> HandlerResponse:
        """The automatic answer. Raises `Refusal` where the client asks for one that is not documented."""

    def failed(self, failure: Failure, asked: HandlerRequest, *seed: object) -> HandlerResponse | None:
        """An error as the operation's document has it, or None if it documents none for that status."""


class BodySchema:
    """The schema of a request body, compiled when the first body comes: most runs use few operations."""

    __slots__ = ("_document", "_schema", "_validator")

    def __init__(self, document: JsonObject, schema: JsonObject) -> None:
        self._document = document
        self._schema = schema
        self._validator: jsonschema_rs.Draft202012Validator | None = None

    def validate(self, body: Json) -> None:
        """Raises `jsonschema_rs.ValidationError` for a body that is not valid."""
        if self._validator is None:
            self._validator = _compile(self._document, self._schema)
        self._validator.validate(body)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the contract.

    `name` is the word that scenarios use; an alias has the name of what it stands for. `schemes` are the ways to bring
    a key, in order; `key_optional` says that none is needed. `validator` is None where no JSON body is read,
    `form` where no form is. `guest` is there if the operation is one of a foreign document.
    """

    id: str
    name: str
    method: str
    path: str
    wire: Literal["anthropic", "openai", "json"]
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
    guest: OperationHandler | None = None
    sources: frozenset[str] = frozenset()

    @property
    def is_absent(self) -> bool:
        """Whether it says that its path does not exist (D1: /api/oauth/roles): nothing is documented but 404."""
        return self.statuses == (404,)

    @property
    def is_conversation(self) -> bool:
        """Whether it takes messages and gives a reply."""
        return self.wire != "json" and self.name != "count_tokens"


class Contract:
    """The operations of one OpenAPI document, found by method and path; beside them those of foreign documents.

    `hidden` are the foreign operations that never answer, because the gateway's own of that path and method wins.
    """

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self.operations: tuple[Operation, ...] = tuple(_operations(document))
        self.names: frozenset[str] = frozenset(operation.name for operation in self.operations)
        self.hidden: tuple[Operation, ...] = ()
        self._own: Router[Operation] = Router(r"[^?]+")
        self._guests: Router[Operation] = Router()
        self._validators: dict[bytes, jsonschema_rs.Draft202012Validator] = {}
        for operation in self.operations:
            self._own.add(operation.path, operation.method, operation)

    def beside(self, guests: Sequence[Operation]) -> "Contract":
        """Put the operations of a foreign document beside these; gives a new contract."""
        joined = copy(self)
        joined.hidden = tuple([guest for guest in guests if self._owns(guest)])
        shown = tuple([guest for guest in guests if guest not in joined.hidden])
        joined.operations = (*self.operations, *shown)
        joined.names = self.names | {guest.name for guest in shown}
        joined._guests = Router()
        for guest in shown:
            joined._guests.add(guest.path, guest.method, guest)
        return joined

    def find(self, method: str, path: str) -> tuple[Operation, Parameters]:
        """The operation of a request and its path parameters.

        Raises `Refusal` 404 for an unknown path (naming the nearest known one) and 405 with `allow` for an unknown
        method of a known path (RFC 9110, 15.5.6). A path that does not exist exists for no method.

        HEAD is such a method. RFC 9110, 9.1 wants it wherever GET is; but no document names it, and the gateway's
        own framework (D3 names its files; its 422 and `detail` are FastAPI's) answers 405 where only GET is routed.
        """
        found = self._own.match(path, method)
        if found is not None:
            operation = found[0].get(method)
            if operation is not None:
                return operation, found[1]
        beside = self._guests.match(path, method)
        if beside is not None and method in beside[0]:
            return beside[0][method], beside[1]
        if found is None and beside is None:
            known = nearest(path, [*self._own, *self._guests])
            hint = f" Did you mean {known}?" if known else ""
            raise Refusal(404, "unknown_route", f"No such route: {path}.{hint}")
        if found is not None and all(operation.is_absent for operation in found[0].values()):
            return next(iter(found[0].values())), found[1]
        allowed = ", ".join(sorted({name for match in (found, beside) if match is not None for name in match[0]}))
        raise Refusal(
            405,
            "method_not_allowed",
            f"{path} does not take {method}; it takes {allowed}.",
            headers=(("allow", allowed),),
        )

    def _owns(self, guest: Operation) -> bool:
        found = self._own.match(guest.path, guest.method)
        return found is not None and guest.method in found[0]

    def response_validator(self, operation: Operation, status: int) -> jsonschema_rs.Draft202012Validator:
        """The validator of a JSON answer. Raises KeyError for a status that is not documented."""
        return self._compiled(self._media(operation, status, "application/json")["schema"])

    def event_validator(self, operation: Operation) -> jsonschema_rs.Draft202012Validator:
        """The validator of the JSON in one event of a stream. Raises KeyError if the operation documents none."""
        item = self._media(operation, 200, "text/event-stream")["itemSchema"]
        data = resolve_object(self.document, item)["properties"]["data"]
        # On the OpenAI wire the data is JSON unless it is [DONE]: if / else.
        return self._compiled(data.get("else", data)["contentSchema"])

    def _compiled(self, schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
        key = orjson.dumps(schema)
        return self._validators.get(key) or self._validators.setdefault(key, _compile(self.document, schema))

    def _media(self, operation: Operation, status: int, media_type: str) -> JsonObject:
        path = self.document["paths"][operation.path]
        responses = path[operation.method.lower()]["responses"]
        media: JsonObject = resolve_object(self.document, responses[str(status)])["content"][media_type]
        return media


def read_body(operation: Operation, body: bytes, media_type: str = "") -> JsonObject:
    """The body of a request, JSON or (where documented) a form, parsed and valid.

    Raises `Refusal` with the operation's own status.
    """
    validator = operation.validator
    if validator is None or (operation.body_optional and not body):
        return {}
    parsed: JsonObject
    if operation.form is not None and media_type.startswith(FORM):
        validator, parsed = operation.form, dict(parse_qsl(body.decode("utf-8", "replace")))
    else:
        parsed = _parse_json(operation, body)
    try:
        validator.validate(parsed)
    except jsonschema_rs.ValidationError as error:
        raise _refusal(operation, error) from None
    except ValueError:
        raise Refusal(operation.invalid_status, "invalid_json", "The request body is nested too deeply.") from None
    return parsed


def _parse_json(operation: Operation, body: bytes) -> Json:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"The request body is not valid JSON: {error.msg} at byte {error.pos}."
        raise Refusal(operation.invalid_status, "invalid_json", message) from None


def _refusal(operation: Operation, error: jsonschema_rs.ValidationError) -> Refusal:
    path = list(error.instance_path)
    keyword = error.kind.name
    if keyword == "required":
        path.append(error.kind.value)
    place = ".".join([str(part) for part in path]) or "body"
    code = "validation_error" if operation.invalid_status == 422 else "invalid_request"
    message = f"{place}: {words(keyword, error.kind.value)}"
    if operation.invalid_status == 422 and path[:1] == ["tools"]:
        message = f"Validation error - Invalid tool parameters: {message}"
    return Refusal(operation.invalid_status, code, message, param=place)


def words(keyword: str, limit: object) -> str:
    """What a field should be, by the keyword that it breaks."""
    match keyword:
        case "required":
            return "Field required"
        case "type":
            types = limit if isinstance(limit, list) else [limit]
            return f"Input should be of type {' or '.join([str(name) for name in types])}"
        case "enum" | "const":
            options = limit if isinstance(limit, list) else [limit]
            return f"Input should be {' or '.join([repr(option) for option in options])}"
        case "minimum":
            return f"Input should be greater than or equal to {limit}"
        case "maximum":
            return f"Input should be less than or equal to {limit}"
        case "exclusiveMinimum":
            return f"Input should be greater than {limit}"
        case "exclusiveMaximum":
            return f"Input should be less than {limit}"
        case "minLength" | "minItems" | "minProperties":
            return f"Input should have at least {limit} {_unit(keyword)}"
        case "maxLength" | "maxItems" | "maxProperties":
            return f"Input should have at most {limit} {_unit(keyword)}"
        case "pattern":
            return f"Input should match the pattern {limit}"
        case _:
            return f"Input is not valid ({keyword})"


def _unit(keyword: str) -> str:
    return {"Length": "characters", "Items": "items", "Properties": "properties"}[keyword[3:]]


def _operations(document: JsonObject) -> Iterator[Operation]:
    schemas: dict[bytes, BodySchema] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path, method, item[method], schemas)


def _operation(
    document: JsonObject,
    path: str,
    method: str,
    raw: JsonObject,
    schemas: dict[bytes, BodySchema],
) -> Operation:
    id = str(raw.get("operationId") or f"{method} {path}")
    security = cast(Sequence[JsonObject], raw.get("security", document.get("security", ())))
    body = resolve_object(document, raw.get("requestBody") or {})
    content = body.get("content") or {}
    schema = content.get("application/json", {}).get("schema")
    return Operation(
        id=id,
        name=str(raw.get("x-alias-of") or id),
        method=method.upper(),
        path=path,
        wire=raw.get("x-wire", "json"),
        variant=raw.get("x-variant", "plain"),
        invalid_status=raw.get("x-invalid-status", 400),
        schemes=tuple([_SCHEMES[name] for need in security for name in need if name in _SCHEMES]),
        key_optional=not security or any(not need for need in security),
        max_tokens=_default(document, schema, "max_tokens"),
        max_iterations=_default(document, schema, "max_iterations"),
        statuses=tuple([int(status) for status in raw["responses"] if status.isdecimal()]),
        example=_example(document, raw),
        validator=_body_schema(document, schema, schemas),
        body_optional=body.get("required") is not True,
        form=_body_schema(document, content.get(FORM, {}).get("schema"), schemas),
        sources=frozenset(raw.get("x-source", ())),
    )


def _body_schema(
    document: JsonObject, schema: JsonObject | None, schemas: dict[bytes, BodySchema]
) -> BodySchema | None:
    """The schema of a body; operations that share it share what is compiled."""
    if schema is None:
        return None
    key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    return schemas.get(key) or schemas.setdefault(key, BodySchema(document, schema))


def _compile(document: JsonObject, schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
    components = document.get("components") or {}
    return jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": components.get("schemas", {})}})


def _default(document: JsonObject, schema: JsonObject | None, name: str) -> int | None:
    """The default of a property of the schema or of one of its `allOf` parts, the outermost first."""
    if schema is None:
        return None
    resolved = resolve_object(document, schema)
    properties = resolved.get("properties") or {}
    value = resolve_object(document, properties.get(name) or {}).get("default")
    if isinstance(value, int):
        return value
    for part in resolved.get("allOf") or ():
        found = _default(document, part, name)
        if found is not None:
            return found
    return None


def _example(document: JsonObject, raw: JsonObject) -> bytes | None:
    """The first JSON example of the first documented success."""
    for status, response in raw["responses"].items():
        if not status.startswith("2"):
            continue
        content = resolve_object(document, response).get("content") or {}
        media = content.get("application/json", {})
        if "example" in media:
            return orjson.dumps(media["example"])
        for example in (media.get("examples") or {}).values():
            return orjson.dumps(resolve_object(document, example).get("value"))
    return None
