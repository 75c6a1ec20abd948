"""What a lenient gateway makes of a body that is refused for its form alone.

- A request of the BYOK route without a provider is read as one of the plain chat route: programs use the live gateway
  so (OBS).
- A body without a model gets the default model of its plan, as on the managed routes.
- A null that the contract refuses counts as absent: SDKs and `model_dump()` send null for "not set".

Everything that is accepted so has a warning. A body that is wrong in another way is refused as ever.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mockserver.core.conversation import Json, JsonObject
from mockserver.openapi.body_schema import BodySchema
from mockserver.openapi.operation import Operation
from mockserver.openapi.request_body import check_body


class Mended(NamedTuple):
    """The operation that reads the body, the body as it is read, and a warning for each thing that was accepted."""

    operation: Operation
    body: JsonObject
    warnings: tuple[str, ...]


def mend(operation: Operation, body: Json) -> Mended | None:
    """Return a refused body as a lenient gateway reads it, or None if its form is not what is wrong.

    Raises `Refusal` if more than its form is wrong.
    """
    if not isinstance(body, dict):
        return None
    warnings: list[str] = []
    if operation.without_provider is not None and body.get("provider") is None:
        operation = operation.without_provider
        warnings.append(f"provider: missing; taken as a request of {operation.path}")
    assert operation.validator is not None, "only a body that is validated can be refused"
    body, places = _without_nulls(operation.validator, body)
    warnings += [f"{place}: null; taken as absent" for place in places]
    if "model" not in body:
        warnings.append("model: missing; answered by the plan's default model")
    check_body(operation, {"model": "default", **body})
    return Mended(operation, body, tuple(warnings)) if warnings else None


def _without_nulls(schema: BodySchema, body: JsonObject) -> tuple[JsonObject, list[str]]:
    """Return the body without the nulls that the schema refuses, and their places.

    Without one null, a later part of the schema may refuse another; each round takes one away at least.
    """
    places: list[str] = []
    while removable := _refused_nulls(schema, body):
        for path in removable:
            body = _without(body, path)
            places.append(".".join(map(str, path)))
    return body, places


def _refused_nulls(schema: BodySchema, body: JsonObject) -> list[tuple[str | int, ...]]:
    """Return the paths of the nulls that the schema refuses, as far as they are members of objects."""
    paths = {tuple(error.instance_path) for error in schema.errors(body) if error.instance is None}
    return sorted([path for path in paths if path and isinstance(path[-1], str)], key=str)


def _without(value: Json, path: Sequence[str | int]) -> Json:
    """Return a JSON value without the member at a path; the value itself is left unchanged."""
    step, rest = path[0], path[1:]
    members: Iterable[tuple[str | int, Json]] = value.items() if isinstance(value, dict) else enumerate(value)
    changed = [(name, _without(item, rest) if name == step and rest else item) for name, item in members]
    if isinstance(value, dict):
        return {name: item for name, item in changed if rest or name != step}
    return [item for _, item in changed]
