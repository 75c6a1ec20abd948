"""Finds out what a gateway is that has no document here: its routes, a model that answers, and what it offers.

The requests are few, valid and short. A route exists if its answer to an empty request is not the one that a route gets
that nobody has. Of several routes of a wire, the first one counts on which a model answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import orjson

from mockserver.contracts.capabilities import found_out, of_wire
from mockserver.contracts.client import JSON_HEADERS, Sender, Target
from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import ReceivedResponse, SentRequest, dig, items
from mockserver.contracts.reply import read_reply
from mockserver.contracts.security import Alternative, CredentialPlace, preferred
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

BEARER: Alternative = (CredentialPlace("BearerAuth", "header", "authorization", "Bearer "),)

WAYS: Mapping[str, tuple[Alternative, ...]] = {
    "anthropic": ((CredentialPlace("ApiKeyAuth", "header", "x-api-key"),), BEARER),
    "openai": (BEARER,),
}
"""Wire -> how its clients send a key, if no document says otherwise."""


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
    return _Discovery(send, url, Target(key, model=model, max_tokens=max_tokens)).found(dialect)


def discover_spoken(send: Sender, url: str, target: Target, document: ContractDocument) -> FoundTarget:
    """Ask the operations of a document that speak a wire what they offer, with the credentials that it wants.

    What they are asked with becomes their example.
    """
    ends = {wire: wires().operations[name].path for wire, (name, _) in ROUTES.items()}
    bases = {wire: [path.removesuffix(ends[wire]) for path in paths] for wire, paths in document.speaks.items()}
    spoken = {each.path: each.security for each in document.operations.values() if each.speaks and each.security}
    places = {path: preferred(ways, target.keys) for path, ways in spoken.items()}
    found = _Discovery(send, url, target, places).on(bases)
    for operation in found.document.operations.values():
        own = document.find(operation.method, operation.path)
        if own is not None and own.speaks:  # the document need not show a model that there is
            document.operations[own.name] = replace(own, examples={"basic": operation.basic})
    return found


class _Discovery:
    """What is asked of a target. `places` says where paths of its document want a credential."""

    def __init__(
        self, send: Sender, url: str, target: Target, places: Mapping[str, Alternative] = MappingProxyType({})
    ) -> None:
        self._send, self._url, self._target, self._places = send, url, target, places
        self._usual = next(iter(places.values()), BEARER)
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

    def _ask(self, method: str, path: str, body: object = None, places: Alternative | None = None) -> ReceivedResponse:
        request = SentRequest(method, path, JSON_HEADERS, None if body is None else orjson.dumps(body))
        for place in self._usual if places is None else places:
            request = place.put(request, self._target.key_of(place))
        return self._send(request)

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
                return f"{base}/models", [self._target.model] if self._target.model else usable
        return None, [self._target.model] if self._target.model else []

    def _answering(self, wire: str, bases: Sequence[str], models: Sequence[str]) -> OperationSpec | None:
        """Return the operation of a wire: on the first route, with the first model and credential, that answers."""
        plain = self._document.operations[ROUTES[wire][0]]
        for operation in [self._on(plain, base, [model]) for base in bases for model in models or ("",)]:
            for places in self._ways(operation):
                response = self._ask("POST", operation.path, self._basic(operation), places)
                if read_reply(wire, response) is not None and response.ended == "complete":
                    return self._examined(_guarded(operation, places))
        return None

    def _on(self, operation: OperationSpec, base: str, models: Sequence[str]) -> OperationSpec:
        """Return an operation under a base path, asked for the first of these models."""
        basic = operation.basic | ({"model": models[0]} if models and models[0] else {})
        placed = replace(operation, path=base + operation.path, examples={"basic": basic})
        return _guarded(placed, self._ways(placed)[0])

    def _ways(self, operation: OperationSpec) -> tuple[Alternative, ...]:
        """Return how a key may be sent to an operation."""
        own = self._places.get(operation.path)
        return WAYS[operation.wire] if own is None else (own,)

    def _basic(self, operation: OperationSpec) -> dict[str, Any]:
        return {**operation.basic, "max_tokens": self._target.max_tokens}

    def _examined(self, operation: OperationSpec) -> OperationSpec:
        """Return an operation with what it lacks, and with no credential if it needs none."""
        basic = self._basic(operation)
        lacking = {}
        for capability in of_wire(operation):
            response = self._ask(
                "POST", operation.path, basic | capability.fields[operation.wire], operation.security[0]
            )
            why = found_out(capability, response)
            if why:
                lacking[capability.name] = why
        needs_none = self._ask("POST", operation.path, basic, ()).status == 200
        operation = replace(operation, lacking=lacking, key_optional=needs_none)
        return replace(operation, schemes=(), security=()) if needs_none else operation

    def _with_companions(self, operation: OperationSpec, models: str | None) -> dict[str, OperationSpec]:
        """Return an operation with the routes beside it that are there: the models, and counting tokens."""
        return {each.name: each for each in (operation, *self._companions(operation, models))}

    def _companions(self, operation: OperationSpec, models: str | None) -> Iterator[OperationSpec]:
        beside = [("count_tokens", f"{operation.path}/count_tokens")] if operation.wire == "anthropic" else []
        if models is not None:
            beside += [("models", models), ("model", f"{models}/{{model_id}}")]
        for name, path in beside:
            plain = {key: value for key, value in operation.basic.items() if key != "max_tokens"}
            examples = {"basic": plain} if name == "count_tokens" else {}
            one = path.replace("{model_id}", quote(str(plain.get("model")), safe=""))
            method = self._document.operations[name].method
            asked = self._ask(method, one, examples.get("basic"), operation.security[0] if operation.security else ())
            if asked.status in ABSENT:
                continue
            yield replace(
                self._document.operations[name],
                path=path,
                examples=examples,
                schemes=operation.schemes,
                security=operation.security,
                key_optional=operation.key_optional,
            )


def _guarded(operation: OperationSpec, places: Alternative) -> OperationSpec:
    """Return an operation that wants its credential in these places."""
    return replace(operation, schemes=tuple(place.scheme for place in places), security=(places,))


def _offers(operation: OperationSpec) -> str:
    """Return what was found out about an operation, in a sentence."""
    offered = [each.name for each in of_wire(operation) if each.name not in operation.lacking]
    lacking = [f"not {name}: {why}" for name, why in operation.lacking.items()]
    what = "; ".join([", ".join(offered) or "nothing but plain answers", *lacking])
    return f"POST {operation.path} speaks the wire of {operation.wire}, here with {operation.basic['model']}: {what}."


def _gist(response: ReceivedResponse, path: str) -> bytes:
    """Return a body without the path that it may repeat."""
    return response.body.replace(path.encode(), b"")
