"""An OpenAPI document, read for checking: operations, what each may answer, and compiled validators.

It is openapi.yaml, or any other document of OpenAPI 3.0 to 3.2, or wires.yaml, whose scope is *wire*: what any gateway
answers. An operation without an operationId is named by method and path, as in `get /pets/{id}`. What `x-…` words say
of openapi.yaml's operations has a default for those of others.

With `documented_only`, operations, responses, headers and fields whose `x-source` is only OBS or SDK are left out. A
field that is left out may be absent, and may have any value.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import yaml

from mockserver.contracts.json_pointer import names_of
from mockserver.contracts.links import Link, link_of
from mockserver.contracts.observed import FORMS, documented, is_observed
from mockserver.contracts.path_template import fits
from mockserver.contracts.schema_words import modern, shown
from mockserver.contracts.security import Alternative, alternatives
from mockserver.contracts.wire_shape import wire_of

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
"""The keys of a path that are operations. The others describe all of them."""

Node = dict[str, Any]

Scope: TypeAlias = Literal["own", "wire", "document"]
"""Whose contract a document is: AINative's own, that of the wires, which every gateway shares, or anybody else's."""


class UnusableDocument(ValueError):
    """The document cannot be read as a contract. The message says where and why."""


class SchemaValidator:
    """A compiled schema that lists what is wrong with a value, the deepest problem first."""

    def __init__(self, schema: Node, definitions: Node) -> None:
        """Compile a schema. `definitions` are the parts of the document to which it may refer."""
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                {"allOf": [schema], **definitions}, validate_formats=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise UnusableDocument(f"a schema is invalid: {' '.join(str(error).split())[:200]}") from None

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with a value: at most three problems, each with its place."""
        if self._compiled.is_valid(value):
            return []
        depths = {}
        for error in self._compiled.iter_errors(value):
            place = "/" + "/".join(str(step) for step in error.instance_path)
            depths[f"{place}: {error.message[:200]}"] = len(error.instance_path)
        return sorted(depths, key=lambda text: -depths[text])[:3] or ["it does not match its schema"]

    def places(self, value: object) -> list[tuple[str | int, ...]]:
        """Return the places of everything that is wrong with a value."""
        return [tuple(error.instance_path) for error in self._compiled.iter_errors(value)]


@dataclass(frozen=True)
class HeaderSpec:
    """What the contract says of one header of a response."""

    name: str
    required: bool
    schema: Node


@dataclass(frozen=True)
class ResponseSpec:
    """What an operation may answer with one status, or with those of a range."""

    content: Mapping[str, SchemaValidator]
    headers: tuple[HeaderSpec, ...]
    links: tuple[Link, ...] = ()
    has_events: bool = False
    """Whether the document says what each event of a stream is like."""

    def schema(self, media: str) -> SchemaValidator | None:
        """Return the schema of a media type, or of the range that it is in. None if the contract does not list it."""
        fitting = [kind for kind in self.content if fnmatch(media, kind)]
        return self.content[max(fitting, key=lambda kind: -kind.count("*"))] if fitting else None


@dataclass(frozen=True)
class OperationSpec:
    """One operation of the contract."""

    name: str
    method: str
    path: str
    wire: str
    variant: str
    sources: tuple[str, ...]
    alias_of: str
    invalid_status: int
    schemes: tuple[str, ...]
    key_optional: bool
    parameters: tuple[Node, ...]
    responses: Mapping[str, ResponseSpec]
    examples: Mapping[str, Any]
    request: SchemaValidator | None
    request_schema: Node
    media: str = "application/json"
    """The media type of a request's body that the schema and the examples are of."""
    takes_body: bool = False
    security: tuple[Alternative, ...] = ()
    speaks: str = ""
    """The wire that an operation of somebody else's document speaks, by its path and the shape of its requests."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Capability that the target does not offer here -> how that was found out."""

    @property
    def is_any_gateways(self) -> bool:
        """Whether nothing holds but the published rules of the wire."""
        return self.variant == "wire"

    @property
    def ways(self) -> tuple[bool, ...]:
        """How an answer can be asked for: whole, and streamed if the target offers that."""
        return (False,) if "streaming" in self.lacking else (False, True)

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses of an invalid request. The wires' references have no list, and FastAPI's 422 is common."""
        return (400, 413, 422) if self.is_any_gateways else (self.invalid_status,)

    @property
    def is_conversation(self) -> bool:
        """Whether a model answers this operation."""
        return (self.wire == "anthropic" and "count_tokens" not in self.name) or self.wire == "openai"

    def response(self, status: int) -> ResponseSpec | None:
        """Return what the document says of a status: by itself, of its range (`4XX`), or of every other (`default`)."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((self.responses[key] for key in keys if key in self.responses), None)

    @property
    def basic(self) -> Node:
        """The document's simplest example of a request; empty without one."""
        example = self.examples.get("basic", next(iter(self.examples.values()), None))
        return example if isinstance(example, dict) else {}

    @property
    def successes(self) -> list[str]:
        """The media types of the answers with a documented status of success."""
        return [kind for status, one in self.responses.items() if status[:1] in "2d" for kind in one.content]

    @property
    def may_succeed(self) -> bool:
        """Whether the document lists any answer but failures."""
        return any(status[:1] in "23d" for status in self.responses)

    @property
    def is_metered(self) -> bool:
        """Whether an answer costs credits. BYOK answers do not (D4)."""
        return self.is_conversation and self.variant != "byok"


class ContractDocument:
    """The whole contract."""

    def __init__(self, text: str, *, documented_only: bool = False, mounted: bool = False) -> None:
        """Read a document. Raises `UnusableDocument` if it is none, or if it needs what is not supported.

        With `mounted` the operations do without the path of the document's server.
        """
        loaded = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if isinstance(loaded, dict) and "swagger" in loaded:
            raise UnusableDocument(f"it is Swagger {loaded['swagger']}; convert it: npx swagger2openapi FILE")
        if not isinstance(loaded, dict) or not re.match(r"3\.[012]", str(loaded.get("openapi"))):
            raise UnusableDocument("it is no OpenAPI document of version 3.0, 3.1 or 3.2; its `openapi` must say one")
        if not isinstance(loaded.get("paths"), dict) or not loaded["paths"]:
            raise UnusableDocument("it has no paths, so there is nothing to examine; add its operations under `paths`")
        self.documented_only = documented_only
        self.scope: Scope = "wire" if loaded.get("x-scope") == "wire" else "own" if "x-wire" in text else "document"
        self.source: Node = loaded
        self._whole: Node = modern(loaded) if str(loaded["openapi"]).startswith("3.0") else loaded
        self.components: Node = self._whole.get("components") or {}
        self._definitions = {"components": {"schemas": self.components.setdefault("schemas", {})}}
        if not _refers_to_schemas_only(text):
            self._definitions = {"components": self.components, "paths": self._whole["paths"]}
        if documented_only:
            schemas = self.components["schemas"]
            self._definitions["components"]["schemas"] = self.components["schemas"] = {
                name: schema if name in FORMS else documented(schema) for name, schema in schemas.items()
            }
        self._named: dict[str, SchemaValidator] = {}
        self.base = "" if mounted else _base_path(self._whole.get("servers"))
        self.operations: dict[str, OperationSpec] = {}
        for path, item in self._whole["paths"].items():
            self._add(path, self._resolve(item))

    def _add(self, path: str, item: Node) -> None:
        """Add the operations of a path."""
        shared = item.get("parameters") or []
        for method in filter(METHODS.__contains__, item):
            node = item[method]
            name = node.get("operationId") or f"{method} {path}"
            if self.documented_only and is_observed(node.get("x-source")):
                continue
            try:
                self.operations[name] = self._operation(name, path, method.upper(), node, shared)
            except UnusableDocument as error:
                raise UnusableDocument(f"{method.upper()} {path}: {error}") from None

    @classmethod
    def open(cls, path: Path, *, documented_only: bool = False, mounted: bool = False) -> "ContractDocument":
        """Return the contract in a file; the same value for the same text, so nobody may change it."""
        return _opened(path.read_text(encoding="utf-8"), documented_only=documented_only, mounted=mounted)

    def find(self, method: str, path: str) -> OperationSpec | None:
        """Return the operation of a method and a path, or None. The query is ignored, and a plain path comes first."""
        path = path.partition("?")[0]
        fitting = [each for each in self.operations.values() if each.method == method and fits(each.path, path)]
        return min(fitting, key=lambda each: each.path.count("{"), default=None)

    @property
    def speaks(self) -> Mapping[str, tuple[str, ...]]:
        """Wire -> the paths on which operations of somebody else's document speak it."""
        spoken = [each for each in self.operations.values() if each.speaks]
        wires = dict.fromkeys(each.speaks for each in spoken)
        return {wire: tuple(each.path for each in spoken if each.speaks == wire) for wire in wires}

    @property
    def scopes(self) -> frozenset[Scope]:
        """Whose promises hold: the document's own, and those of the wires that its operations speak."""
        return frozenset({self.scope, *(("wire",) if self.speaks else ())})

    def named(self, target: str) -> OperationSpec | None:
        """Return the operation with a name, or with a method and a path of the document such as `get /pets/{id}`."""
        method, _, path = target.partition(" ")
        at = (
            each for each in self.operations.values() if (each.method.lower(), each.path) == (method, self.base + path)
        )
        return self.operations.get(target) or next(at, None)

    def has_schema(self, name: str) -> bool:
        """Return whether there is a schema of this name under components/schemas."""
        return name in self.components["schemas"]

    def validator(self, name: str) -> SchemaValidator:
        """Return the validator of a schema under components/schemas."""
        if name not in self._named:
            self._named[name] = SchemaValidator({"$ref": f"#/components/schemas/{name}"}, self._definitions)
        return self._named[name]

    @cached_property
    def conversations(self) -> list[OperationSpec]:
        """The operations that a model answers, without aliases."""
        return [
            operation for operation in self.operations.values() if operation.is_conversation and not operation.alias_of
        ]

    def _resolve(self, node: Any) -> Any:
        """Return what a node refers to, or the node itself."""
        for _ in range(MOST_REFERENCES):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            reference, node = node["$ref"], self._whole
            if not reference.startswith("#/"):
                raise UnusableDocument(f"{reference!r} is in another file; bundle the document into one file")
            for name in names_of(unquote(reference)):
                if not isinstance(node, dict) or name not in node:
                    raise UnusableDocument(f"{reference!r} refers to nothing; add what it names, or correct it")
                node = node[name]
        raise UnusableDocument("a reference leads back to itself")

    def _operation(self, name: str, path: str, method: str, node: Node, shared: list[Any]) -> OperationSpec:
        body = self._resolve(node.get("requestBody", {}))
        kind = json_media(body.get("content") or {}) or "application/json"
        media = body.get("content", {}).get(kind, {})
        security: list[Node] = node.get("security", self._whole.get("security")) or []
        schema = media.get("schema", {})
        responses = dict(self._responses(node.get("responses") or {}))
        rejected = 422 if "422" in responses and "400" not in responses else 400
        own = [*map(self._resolve, shared), *map(self._resolve, node.get("parameters") or ())]
        if not all({"name", "in"} <= set(each) for each in own):
            raise UnusableDocument("a parameter lacks its name, or its place (in)")
        parameters = {(each["name"], each["in"]): each for each in own}  # the operation's own come last and win
        return OperationSpec(
            name=name,
            method=method,
            path=self.base + path,
            wire=node.get("x-wire", "json"),
            variant=node.get("x-variant", ""),
            sources=tuple(node.get("x-source", ())),
            alias_of=node.get("x-alias-of", ""),
            invalid_status=node.get("x-invalid-status", rejected),
            schemes=tuple(self._scheme(each) for one in security for each in one),
            key_optional=not security or {} in security,
            parameters=tuple(parameters.values()),
            responses=responses,
            examples=self._examples(media),
            request=SchemaValidator(schema, self._definitions) if schema else None,
            request_schema=schema,
            media=kind,
            takes_body=bool(body.get("content")),
            security=alternatives(security, self.security_schemes),
            speaks=wire_of(path, schema, self._resolve) if method == "POST" and self.scope == "document" else "",
        )

    def _examples(self, media: Node) -> Node:
        named = {name: self._resolve(one) for name, one in (media.get("examples") or {}).items()}
        examples = {name: one["value"] for name, one in named.items() if "value" in one}
        examples |= {"example": media["example"]} if "example" in media else {}
        if self.scope != "document" or examples:
            return examples
        value = shown(media.get("schema"), self._resolve)
        return {} if value is None else {"schema": value}

    @cached_property
    def security_schemes(self) -> Mapping[str, Node]:
        """The security schemes by their names."""
        schemes = self.components.get("securitySchemes") or {}
        return {name: self._resolve(scheme) for name, scheme in schemes.items()}

    def _scheme(self, name: str) -> str:
        """Return how a security scheme carries a key: ApiKeyAuth (x-api-key), BearerAuth, or its own name."""
        scheme = self.security_schemes.get(name) or {}
        if scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key":
            return "ApiKeyAuth"
        is_bearer = scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer"
        return "BearerAuth" if is_bearer or scheme.get("type") in ("oauth2", "openIdConnect") else name

    def _responses(self, nodes: Node) -> Any:
        for status, reference in nodes.items():
            node = self._resolve(reference)
            content = {_plain(kind): self._body(kind, part) for kind, part in (node.get("content") or {}).items()}
            headers = tuple(
                HeaderSpec(name, bool(rule.get("required")), rule.get("schema", {}))
                for name, rule in ((name, self._resolve(part)) for name, part in node.get("headers", {}).items())
            )
            links = tuple(link_of(name, self._resolve(one)) for name, one in (node.get("links") or {}).items())
            has_events = any("itemSchema" in part for part in (node.get("content") or {}).values())
            yield str(status), ResponseSpec(content, headers, links, has_events)

    def _body(self, kind: str, media: Node) -> SchemaValidator:
        schema = media.get("schema", {})
        reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
        if kind != "text/event-stream" and reference.startswith("#/components/schemas/"):
            self._resolve(schema)
            return self.validator(names_of(unquote(reference))[-1])
        return SchemaValidator(schema if kind != "text/event-stream" else {}, self._definitions)


_opened = lru_cache(maxsize=4)(ContractDocument)
"""Reading openapi.yaml takes 150 ms, and a run, its proxy and its environment each open it."""


def _plain(kind: str) -> str:
    """Return a media type without its parameters."""
    return kind.partition(";")[0].strip().lower()


def json_media(kinds: Iterable[str]) -> str | None:
    """Return the media type of JSON among these: plain JSON, or one such as `application/problem+json`."""
    kinds = list(kinds)
    fitting = [kind for kind in kinds if re.match(r"application/([\w.-]+\+)?json\b", kind, re.IGNORECASE)]
    return "application/json" if "application/json" in kinds else next(iter(fitting), None)


MOST_REFERENCES = 100
"""References to references that are followed."""


def _refers_to_schemas_only(text: str) -> bool:
    """Return whether no reference leads to a schema outside components/schemas."""
    local = re.findall(r"""\$ref["']?\s*:\s*["']?#/([^"'\s}]+)""", text)
    return not any(part.startswith("paths/") or "/schema" in part.partition("components/")[2][8:] for part in local)


def _base_path(servers: Any) -> str:
    """Return the path under which the operations are served: that of the document's first server."""
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = str(first.get("url", ""))
    for name, variable in (first.get("variables") or {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return urlsplit(url).path.rstrip("/")
