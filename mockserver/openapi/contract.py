"""The contract: openapi.yaml compiled to operations, a router and validators.

The contract is one file. What depends on an operation (its security, its body, the status of a failed validation, the
defaults of `max_tokens` and `max_iterations`) is read from the document, so that no second copy of the wire schemas
exists. The document arrives as plain data; the loader reads the file.

Five of the document's extensions are used here: `x-wire` (the dialect: anthropic, openai or json), `x-variant` (plain,
byok or managed), `x-invalid-status` (400 or 422), `x-alias-of` (the same operation under the other prefix, OBS) and
`x-without-provider` (the operation that takes a request without a provider, where the gateway is lenient).

Operations of other documents ("bring your own contract") are added as operations with a `handler`. Where both have the
same path and method, the gateway's operation wins.

An extension is a document that adds to the gateway's own: its paths and components are read as if they stood there. The
paths of one that is not served are 404 with its `x-instead`, which says what a client can use instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import cast

import jsonschema_rs
import msgspec
import orjson

from mockserver.core import regex
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Refusal, nearest
from mockserver.openapi.body_schema import BodySchema, compile_schema
from mockserver.openapi.operation import METHODS, Operation, Scheme
from mockserver.openapi.refs import resolve_object
from mockserver.openapi.request_body import FORM
from mockserver.openapi.router import Parameters, Router

_SCHEMES: Mapping[str, Scheme] = {"ApiKeyAuth": "x-api-key", "BearerAuth": "bearer"}


class Contract:
    """The operations of the gateway's document, found by method and path, and those of external documents.

    `extensions` are served with it, `unserved` are not. `shadowed` lists the external operations that never answer,
    because the gateway has the same path and method.
    """

    def __init__(
        self, document: JsonObject, extensions: Sequence[JsonObject] = (), unserved: Sequence[JsonObject] = ()
    ) -> None:
        for extension in extensions:
            document = _extended(document, extension)
        self.document = document
        self.operations: tuple[Operation, ...] = _with_fallbacks(document, list(_operations(document)))
        self.names: frozenset[str] = frozenset(operation.name for operation in self.operations)
        self.shadowed: tuple[Operation, ...] = ()
        self._own: Router[Operation] = Router(r"[^?]+")
        self._external: Router[Operation] = Router()
        self._validators: dict[bytes, jsonschema_rs.Draft202012Validator] = {}
        for operation in self.operations:
            self._own.add(operation.path, operation.method, operation)
        self._unserved: Router[str] = Router()
        for extension in unserved:
            for path in extension["paths"]:
                self._unserved.add(path, "", extension["x-instead"])

    def with_external(self, operations: Sequence[Operation]) -> "Contract":
        """Return a new contract that also has the operations of an external document."""
        joined = copy(self)
        joined.shadowed = tuple([operation for operation in operations if self._has_own(operation)])
        reachable = tuple([operation for operation in operations if operation not in joined.shadowed])
        joined.operations = (*self.operations, *reachable)
        joined.names = self.names | {operation.name for operation in reachable}
        joined._external = Router()
        for operation in reachable:
            joined._external.add(operation.path, operation.method, operation)
        return joined

    def find(self, method: str, path: str) -> tuple[Operation, Parameters]:
        """Return the operation of a request and its path parameters.

        Raises `Refusal` 404 for an unknown path, naming the nearest known one, and 405 with `allow` for an unknown
        method of a known path (RFC 9110, 15.5.6). A path that is documented as absent is absent for every method.

        HEAD is an unknown method, too. RFC 9110, 9.1 requires it wherever GET works; but no document names it, and the
        gateway's own framework (D3 names its files; its 422 and `detail` are FastAPI's) answers 405 where only GET is
        routed.
        """
        own = self._own.match(path, method)
        if own is not None:
            operation = own[0].get(method)
            if operation is not None:
                return operation, own[1]
        external = self._external.match(path, method)
        if external is not None and method in external[0]:
            return external[0][method], external[1]
        if own is None and external is None:
            raise Refusal(404, "unknown_route", f"No such route: {path}.{self._hint(path)}")
        if own is not None and all(operation.is_absent for operation in own[0].values()):
            return next(iter(own[0].values())), own[1]
        allowed = ", ".join(sorted({name for match in (own, external) if match is not None for name in match[0]}))
        raise Refusal(
            405,
            "method_not_allowed",
            f"{path} does not take {method}; it takes {allowed}.",
            headers=(("allow", allowed),),
        )

    def _hint(self, path: str) -> str:
        """Return what a client of an unknown path can do: that of its extension, else the nearest known path."""
        unserved = self._unserved.match(path, "")
        if unserved is not None:
            return f" {unserved[0]['']}"
        known = nearest(path, [*self._own, *self._external])
        return f" Did you mean {known}?" if known else ""

    def operations_at(self, glob: str, method: str | None = None) -> list[Operation]:
        """Return the operations whose path fits a glob, with this method if one is given."""
        fits, example = regex.glob(glob), glob.replace("*", "x").replace("?", "x")
        matched = [router.match(example, method or "") for router in (self._own, self._external)]
        known = [operation for match in matched if match is not None for operation in match[0].values()]
        known += [operation for operation in self.operations if fits(operation.path) and operation not in known]
        return [operation for operation in known if method is None or operation.method == method.upper()]

    def _has_own(self, operation: Operation) -> bool:
        matched = self._own.match(operation.path, operation.method)
        return matched is not None and operation.method in matched[0]

    def response_validator(self, operation: Operation, status: int) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a JSON answer. Raises `KeyError` for a status that is not documented."""
        return self._compiled(self._media(operation, status, "application/json")["schema"])

    def event_validator(self, operation: Operation) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of the JSON in a stream's event. Raises `KeyError` if the operation has no stream."""
        item = self._media(operation, 200, "text/event-stream")["itemSchema"]
        data = resolve_object(self.document, item)["properties"]["data"]
        # On the OpenAI wire the data is JSON unless it is [DONE]: if / else.
        return self._compiled(data.get("else", data)["contentSchema"])

    def _compiled(self, schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
        key = orjson.dumps(schema)
        return self._validators.get(key) or self._validators.setdefault(key, compile_schema(self.document, schema))

    def _media(self, operation: Operation, status: int, media_type: str) -> JsonObject:
        path = self.document["paths"][operation.path]
        responses = path[operation.method.lower()]["responses"]
        media: JsonObject = resolve_object(self.document, responses[str(status)])["content"][media_type]
        return media


def _extended(document: JsonObject, extension: JsonObject) -> JsonObject:
    """Return a document with the paths and components of an extension."""
    added = extension.get("components") or {}
    components = {kind: {**named, **added.get(kind, {})} for kind, named in document["components"].items()}
    return {**document, "paths": {**document["paths"], **extension["paths"]}, "components": components}


def _operations(document: JsonObject) -> Iterator[Operation]:
    """Yield the operations of the document, in its order."""
    schemas: dict[bytes, BodySchema] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path, method, item[method], schemas)


def _with_fallbacks(document: JsonObject, operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations, each with the one that a lenient gateway takes a request without a provider for."""
    by_id = {operation.id: operation for operation in operations}
    fallbacks = [
        by_id.get(document["paths"][operation.path][operation.method.lower()].get("x-without-provider", ""))
        for operation in operations
    ]
    return tuple(
        [
            operation if fallback is None else msgspec.structs.replace(operation, without_provider=fallback)
            for operation, fallback in zip(operations, fallbacks, strict=True)
        ]
    )


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
    """Return the schema of a body; equal schemas share one object, and so are compiled once."""
    if schema is None:
        return None
    key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    return schemas.get(key) or schemas.setdefault(key, BodySchema(document, schema))


def _default(document: JsonObject, schema: JsonObject | None, name: str) -> int | None:
    """Return the default of a property of the schema or of one of its `allOf` parts, the outermost first."""
    if schema is None:
        return None
    resolved = resolve_object(document, schema)
    properties = resolved.get("properties") or {}
    value = resolve_object(document, properties.get(name) or {}).get("default")
    if isinstance(value, int):
        return value
    for part in resolved.get("allOf") or ():
        inner = _default(document, part, name)
        if inner is not None:
            return inner
    return None


def _example(document: JsonObject, raw: JsonObject) -> bytes | None:
    """Return the first JSON example of the first documented success, as JSON."""
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
