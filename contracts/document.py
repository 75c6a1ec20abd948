"""openapi.yaml, read for checking: operations, what each may answer, and compiled validators.

With `documented_only`, operations, responses, headers and fields whose `x-source` is only OBS or SDK are left out. A
field that is left out may be absent, and may have any value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import yaml

OBSERVED = frozenset({"OBS", "SDK"})
"""The sources that are not documents."""

FORMS = frozenset({"AnthropicError", "FastApiError", "BareError"})
"""Forms of an error body that were only observed. Without them the schema would allow any form."""

Node = dict[str, Any]


def is_observed(sources: object) -> bool:
    """Return whether none of these sources is a document."""
    return isinstance(sources, list) and bool(sources) and set(sources) <= OBSERVED


class SchemaValidator:
    """A compiled schema that lists what is wrong with a value, the deepest problem first."""

    def __init__(self, schema: Node, components: Node) -> None:
        whole = {"allOf": [schema], "components": {"schemas": components.get("schemas", {})}}
        self._compiled = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with a value: at most three problems, each with its place."""
        if self._compiled.is_valid(value):
            return []
        depths = {}
        for error in self._compiled.iter_errors(value):
            place = "/" + "/".join(str(step) for step in error.instance_path)
            depths[f"{place}: {error.message[:200]}"] = len(error.instance_path)
        return sorted(depths, key=lambda text: -depths[text])[:3] or ["it does not match its schema"]


@dataclass(frozen=True)
class HeaderSpec:
    """What the contract says of one header of a response."""

    name: str
    required: bool
    schema: Node


@dataclass(frozen=True)
class ResponseSpec:
    """What an operation may answer with one status."""

    status: int
    content: Mapping[str, SchemaValidator]
    headers: tuple[HeaderSpec, ...]


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
    responses: Mapping[int, ResponseSpec]
    examples: Mapping[str, Any]
    request: SchemaValidator | None
    request_schema: Node

    @property
    def is_conversation(self) -> bool:
        """Whether a model answers this operation."""
        return (self.wire == "anthropic" and "count_tokens" not in self.name) or self.wire == "openai"

    @property
    def is_metered(self) -> bool:
        """Whether an answer costs credits. BYOK answers do not (D4)."""
        return self.is_conversation and self.variant != "byok"


class ContractDocument:
    """The whole contract."""

    def __init__(self, text: str, *, documented_only: bool = False) -> None:
        loaded = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.documented_only = documented_only
        self.components: Node = loaded["components"]
        if documented_only:
            schemas = self.components["schemas"]
            self.components["schemas"] = {
                name: schema if name in FORMS else _documented(schema) for name, schema in schemas.items()
            }
        self._named: dict[str, SchemaValidator] = {}
        self.operations: dict[str, OperationSpec] = {}
        for path, methods in loaded["paths"].items():
            for method, node in methods.items():
                if not (documented_only and is_observed(node.get("x-source"))):
                    self.operations[node["operationId"]] = self._operation(path, method.upper(), node)

    @classmethod
    def open(cls, path: Path, *, documented_only: bool = False) -> "ContractDocument":
        """Read the contract from a file."""
        return cls(path.read_text(encoding="utf-8"), documented_only=documented_only)

    def find(self, method: str, path: str) -> OperationSpec | None:
        """Return the operation of a method and a path, or None. The query is ignored."""
        path = path.partition("?")[0]
        for operation in self.operations.values():
            if operation.method == method and _fits(operation.path, path):
                return operation
        return None

    def validator(self, name: str) -> SchemaValidator:
        """Return the validator of a schema under components/schemas."""
        if name not in self._named:
            self._named[name] = SchemaValidator({"$ref": f"#/components/schemas/{name}"}, self.components)
        return self._named[name]

    @cached_property
    def conversations(self) -> list[OperationSpec]:
        """The operations that a model answers, without aliases."""
        return [
            operation for operation in self.operations.values() if operation.is_conversation and not operation.alias_of
        ]

    def _resolve(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = {"components": self.components}
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _operation(self, path: str, method: str, node: Node) -> OperationSpec:
        body = self._resolve(node.get("requestBody", {}))
        media = body.get("content", {}).get("application/json", {})
        examples = {name: self._resolve(one)["value"] for name, one in media.get("examples", {}).items()}
        security: list[Node] = node.get("security", [])
        schema = media.get("schema", {})
        return OperationSpec(
            name=node["operationId"],
            method=method,
            path=path,
            wire=node.get("x-wire", "json"),
            variant=node.get("x-variant", ""),
            sources=tuple(node.get("x-source", ())),
            alias_of=node.get("x-alias-of", ""),
            invalid_status=node.get("x-invalid-status", 400),
            schemes=tuple(name for one in security for name in one),
            key_optional=not security or {} in security,
            responses=dict(self._responses(node["responses"])),
            examples=examples,
            request=SchemaValidator(schema, self.components) if schema else None,
            request_schema=schema,
        )

    def _responses(self, nodes: Node) -> Any:
        for status, reference in nodes.items():
            node = self._resolve(reference)
            content = {kind: self._body(kind, part) for kind, part in node.get("content", {}).items()}
            headers = tuple(
                HeaderSpec(name, bool(rule.get("required")), rule.get("schema", {}))
                for name, rule in ((name, self._resolve(part)) for name, part in node.get("headers", {}).items())
            )
            yield int(status), ResponseSpec(int(status), content, headers)

    def _body(self, kind: str, media: Node) -> SchemaValidator:
        schema = media.get("schema", {})
        if kind != "text/event-stream" and "$ref" in schema:
            return self.validator(schema["$ref"].rpartition("/")[2])
        return SchemaValidator(schema if kind != "text/event-stream" else {}, self.components)


def _documented(node: Any) -> Any:
    """Return a schema without what was only observed."""
    if isinstance(node, list):
        return [_documented(child) for child in node]
    if not isinstance(node, dict):
        return node
    if is_observed(node.get("x-source")) and "properties" in node:
        return {}
    gone = {name for name, child in (node.get("properties") or {}).items() if _only_observed(child)}
    kept = {key: _documented(value) for key, value in node.items() if key not in ("properties", "required")}
    if isinstance(node.get("properties"), dict):
        kept["properties"] = {
            name: _documented(child) for name, child in node["properties"].items() if name not in gone
        }
    if "required" in node:
        kept["required"] = (
            [name for name in node["required"] if name not in gone]
            if isinstance(node["required"], list)
            else _documented(node["required"])
        )
    return kept


def _only_observed(node: object) -> bool:
    return isinstance(node, dict) and is_observed(node.get("x-source"))


def _fits(template: str, path: str) -> bool:
    names, parts = template.split("/"), path.split("/")
    return len(names) == len(parts) and all(
        (name.startswith("{") and unquote(part) != "") or name == part for name, part in zip(names, parts, strict=True)
    )
