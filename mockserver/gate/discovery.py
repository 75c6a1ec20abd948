"""Finds out what a gateway is that has no document here: its routes, a model that answers, and what it offers.

The requests are few, valid and short. A route exists if its answer to an empty request is not the one that a route gets
that nobody has. Of several routes of a wire, the first one counts on which a model answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import orjson

from mockserver.contracts.capabilities import found_out, of_wire
from mockserver.contracts.client import JSON_HEADERS, Sender
from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import ReceivedResponse, SentRequest, dig, items
from mockserver.contracts.reply import read_reply
from mockserver.core.errors import OperatorError
from mockserver.gate.reachability import ABSENT, require_answer

Dialect: TypeAlias = Literal["openai", "anthropic", "both"]

ROUTES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "openai": ("chat", ("/v1", "", "/api/v1", "/openai/v1", "/openai")),
    "anthropic": ("messages", ("/v1", "", "/api/v1", "/anthropic/v1", "/anthropic")),
}
"""Wire -> its operation in wires.yaml, and the paths under which gateways serve it."""

NOWHERE = "/gate-asks-where-nobody-is"
"""A path that no gateway serves."""

MOST_MODELS = 8
"""Models of the list that are tried; the first ones may be for pictures, speech or embeddings."""

CREDENTIALS: tuple[tuple[str, Callable[[str], dict[str, str]]], ...] = (
    ("ApiKeyAuth", lambda key: {"x-api-key": key}),
    ("BearerAuth", lambda key: {"authorization": f"Bearer {key}"}),
)
"""How a key can be sent."""


@dataclass(frozen=True)
class FoundTarget:
    """A contract that fits the target, and what was found out, in sentences."""

    document: ContractDocument
    notes: list[str] = field(default_factory=list)


def wires() -> ContractDocument:
    """Return what any gateway answers that speaks a wire."""
    return ContractDocument((files("mockserver.contracts") / "wires.yaml").read_text("utf-8"))


def discover(send: Sender, url: str, key: str, dialect: Dialect, model: str | None, max_tokens: int) -> FoundTarget:
    """Ask the target what it is. Raises `OperatorError` if it speaks no wire that was asked for."""
    return _Discovery(send, url, key, model, max_tokens).found(dialect)


def discover_spoken(
    send: Sender, url: str, key: str, spoken: Mapping[str, Sequence[str]], model: str | None, max_tokens: int
) -> FoundTarget:
    """Ask the operations of a document that speak a wire what they offer. `spoken` has the paths for each wire."""
    ends = {wire: wires().operations[name].path for wire, (name, _) in ROUTES.items()}
    bases = {wire: [path.removesuffix(ends[wire]) for path in paths] for wire, paths in spoken.items()}
    return _Discovery(send, url, key, model, max_tokens).on(bases)


class _Discovery:
    def __init__(self, send: Sender, url: str, key: str, model: str | None, max_tokens: int) -> None:
        self._send, self._url, self._key = send, url, key
        self._model, self._max_tokens = model, max_tokens
        self._document = wires()
        self._nowhere = self._ask("POST", NOWHERE, {})
        require_answer(self._nowhere, url, NOWHERE)

    def found(self, dialect: Dialect) -> FoundTarget:
        """Return the contract of the wires that the target speaks."""
        asked = ["openai", "anthropic"] if dialect == "both" else [dialect]
        bases = {wire: self._bases(wire) for wire in asked}
        if not any(bases.values()):
            paths = [
                f"{base}{self._document.operations[name].path}" for name, found in ROUTES.values() for base in found
            ]
            raise OperatorError(f"{self._url} has none of {', '.join(paths)}: give the URL with its base path")
        return self.on(bases)

    def on(self, bases: Mapping[str, Sequence[str]]) -> FoundTarget:
        """Return the contract of the wires that the target speaks under these base paths."""
        listed = self._models([base for found in bases.values() for base in found] or [""])
        found: dict[str, OperationSpec] = {}
        notes = []
        for wire in [wire for wire in bases if bases[wire]]:
            answering = self._answering(wire, bases[wire], listed[1])
            operation = answering or self._on(self._document.operations[ROUTES[wire][0]], bases[wire][0], listed[1])
            found |= self._with_companions(operation, listed[0])
            notes.append(_offers(operation) if answering else f"POST {operation.path}: no model answers.")
        self._document.operations = found
        return FoundTarget(self._document, notes)

    def _ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> ReceivedResponse:
        credential = {"authorization": f"Bearer {self._key}"} if headers is None else headers
        raw = None if body is None else orjson.dumps(body)
        return self._send(SentRequest(method, path, {**JSON_HEADERS, **credential}, raw))

    def _bases(self, wire: str) -> list[str]:
        """Return the paths under which the target has the route of a wire."""
        name, bases = ROUTES[wire]
        path = self._document.operations[name].path
        return [base for base in bases if self._is_there(base + path)]

    def _is_there(self, path: str) -> bool:
        response = require_answer(self._ask("POST", path, {}), self._url, path)
        if response.status not in ABSENT:
            return response.status != self._nowhere.status or _gist(response, path) != _gist(self._nowhere, NOWHERE)
        return isinstance(response.json, dict) and _gist(response, path) != _gist(self._nowhere, NOWHERE)

    def _models(self, bases: Sequence[str]) -> tuple[str | None, list[str]]:
        """Return the path of the list of models, if there is one, and the models to try."""
        for base in dict.fromkeys((*bases, "/v1", "")):
            response = self._ask("GET", f"{base}/models")
            ids = [str(dig(model, "id")) for model in items(dig(response.json, "data")) if dig(model, "id")]
            if response.status == 200 and ids:
                usable = [id for id in ids if "*" not in id][:MOST_MODELS]
                return f"{base}/models", [self._model] if self._model else usable
        return None, [self._model] if self._model else []

    def _answering(self, wire: str, bases: Sequence[str], models: Sequence[str]) -> OperationSpec | None:
        """Return the operation of a wire: on the first route, with the first model and credential, that answers."""
        plain = self._document.operations[ROUTES[wire][0]]
        for operation in [self._on(plain, base, [model]) for base in bases for model in models or ("",)]:
            for scheme, headers in CREDENTIALS:
                if scheme == "ApiKeyAuth" and wire == "openai":
                    continue
                response = self._ask("POST", operation.path, self._basic(operation), headers(self._key))
                if read_reply(wire, response) is not None and response.ended == "complete":
                    return self._examined(replace(operation, schemes=(scheme,)), headers(self._key))
        return None

    def _on(self, operation: OperationSpec, base: str, models: Sequence[str]) -> OperationSpec:
        """Return an operation under a base path, asked for the first of these models."""
        basic = operation.basic | ({"model": models[0]} if models and models[0] else {})
        return replace(operation, path=base + operation.path, examples={"basic": basic})

    def _basic(self, operation: OperationSpec) -> dict[str, Any]:
        return {**operation.basic, "max_tokens": self._max_tokens}

    def _examined(self, operation: OperationSpec, headers: Mapping[str, str]) -> OperationSpec:
        """Return an operation with what it lacks, and with no credential if it needs none."""
        basic = self._basic(operation)
        lacking = {}
        for capability in of_wire(operation):
            response = self._ask("POST", operation.path, basic | capability.fields[operation.wire], headers)
            why = found_out(capability, response)
            if why:
                lacking[capability.name] = why
        needs_none = self._ask("POST", operation.path, basic, {}).status == 200
        return replace(
            operation,
            lacking=lacking,
            key_optional=needs_none,
            schemes=() if needs_none else operation.schemes,
        )

    def _with_companions(self, operation: OperationSpec, models: str | None) -> dict[str, OperationSpec]:
        """Return an operation with the routes beside it: the models, and counting tokens."""
        return {each.name: each for each in (operation, *self._companions(operation, models))}

    def _companions(self, operation: OperationSpec, models: str | None) -> Iterator[OperationSpec]:
        beside = [("count_tokens", f"{operation.path}/count_tokens")] if operation.wire == "anthropic" else []
        if models is not None:
            beside += [("models", models), ("model", f"{models}/{{model_id}}")]
        for name, path in beside:
            plain = {key: value for key, value in operation.basic.items() if key != "max_tokens"}
            examples = {"basic": plain} if name == "count_tokens" else {}
            yield replace(
                self._document.operations[name],
                path=path,
                examples=examples,
                schemes=operation.schemes,
                key_optional=operation.key_optional,
            )


def _offers(operation: OperationSpec) -> str:
    """Return what was found out about an operation, in a sentence."""
    offered = [each.name for each in of_wire(operation) if each.name not in operation.lacking]
    lacking = [f"not {name}: {why}" for name, why in operation.lacking.items()]
    what = "; ".join([", ".join(offered) or "nothing but plain answers", *lacking])
    return f"POST {operation.path} speaks the wire of {operation.wire}, here with {operation.basic['model']}: {what}."


def _gist(response: ReceivedResponse, path: str) -> bytes:
    """Return a body without the path that it may repeat."""
    return response.body.replace(path.encode(), b"")
