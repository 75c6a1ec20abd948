"""Whether a changed openapi.yaml is compatible for existing clients: `mockserver contract diff OLD NEW`.

What a change means depends on who reads the value. Old clients write requests, so the new document must accept at
least what the old one accepted: a *narrower* request breaks them. Old clients read responses, so they may get at most
what they know: a *wider* response is a risk, and a field that they relied on and that was removed breaks them.

| level | meaning |
|---|---|
| breaking | an old client that follows the old document can fail |
| risky | an old client may meet what it does not know: a status, an enum value, null |
| safe | no old client can notice, except for something new beside what it knows |

Schemas are compared keyword by keyword, through `$ref`s and `allOf`. Changes of `anyOf`, `oneOf`, `if` and patterns
are risky, because in general nobody can decide whether they are narrower.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml

from mockserver.core import fast_yaml
from mockserver.core.errors import OperatorError
from mockserver.openapi import refs
from mockserver.openapi.operation import METHODS_32
from mockserver.openapi.refs import UnresolvableReference

Level: TypeAlias = Literal["breaking", "risky", "safe"]
Node: TypeAlias = dict[str, Any]
DEEPEST = 24
"""Schemas that contain themselves are compared down to this depth."""

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
UNDECIDED = (
    "pattern",
    "format",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "multipleOf",
    "contentSchema",
)
LEVELS: tuple[Level, ...] = ("breaking", "risky", "safe")


@dataclass(frozen=True)
class Change:
    """One difference."""

    level: Level
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.level:<9} {self.where}: {self.what}"


@dataclass(frozen=True)
class _Side:
    """Both documents, and whether the value is in a request or in a response."""

    is_request: bool
    old: Node
    new: Node

    def narrower(self) -> Level:
        """Return the level of a schema that accepts less than before."""
        return "breaking" if self.is_request else "safe"

    def wider(self) -> Level:
        """Return the level of a schema that accepts more than before."""
        return "safe" if self.is_request else "risky"


def read(file: Path) -> Node:
    """Return an OpenAPI document. Raises `OperatorError` if the file is none."""
    try:
        loaded = fast_yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperatorError(f"{file}: cannot be read: {error}") from None
    if not isinstance(loaded, dict) or not str(loaded.get("openapi", "")).startswith("3"):
        raise OperatorError(f"{file}: not an OpenAPI 3 document")
    return loaded


def compare(old: Node, new: Node) -> list[Change]:
    """Return all changes, the worst first. Raises `OperatorError` for a document that does not follow the standard."""
    try:
        changes = list(dict.fromkeys(_paths(old, new)))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise OperatorError(f"one of the documents does not follow the OpenAPI standard: {error!r}") from None
    return sorted(changes, key=lambda change: (LEVELS.index(change.level), change.where))


def _resolve(document: Node, node: Any) -> Node:
    for _ in range(DEEPEST):
        if not (isinstance(node, dict) and "$ref" in node):
            break
        rest = {key: value for key, value in node.items() if key != "$ref"}
        try:
            target = refs.lookup(document, str(node["$ref"]))
        except UnresolvableReference:
            target = {}
        node = {**target, **rest} if isinstance(target, dict) else {}
    return node if isinstance(node, dict) else {}


def _paths(old: Node, new: Node) -> Iterator[Change]:
    before, after = old.get("paths") or {}, new.get("paths") or {}
    for path in {**before, **after}:
        for method in METHODS_32:
            was, now = (before.get(path) or {}).get(method), (after.get(path) or {}).get(method)
            where = f"{method.upper()} {path}"
            if was is not None and now is None:
                yield Change("breaking", where, "operation removed")
            elif was is None and now is not None:
                yield Change("safe", where, "new operation")
            elif was is not None and now is not None:
                yield from _operation(where, was, now, old, new)


def _operation(where: str, previous: Node, current: Node, old: Node, new: Node) -> Iterator[Change]:
    yield from _security(
        where, previous.get("security", old.get("security")), current.get("security", new.get("security"))
    )
    request = _Side(True, old, new)
    yield from _parameters(where, previous, current, request)
    yield from _body(f"{where} request", previous, current, request)
    before, after = previous.get("responses") or {}, current.get("responses") or {}
    for status in {**before, **after}:
        place = f"{where} {status}"
        if status not in after:
            yield Change("risky" if not str(status).startswith("2") else "breaking", place, "status removed")
        elif status not in before:
            yield Change("risky", place, "new status, unknown to old clients")
        else:
            yield from _response(
                place, _resolve(old, before[status]), _resolve(new, after[status]), _Side(False, old, new)
            )


def _security(where: str, old: Any, new: Any) -> Iterator[Change]:
    before = {tuple(sorted(schemes)) for schemes in old or [{}]}
    after = {tuple(sorted(schemes)) for schemes in new or [{}]}
    for gone in before - after:
        yield Change("breaking", where, f"{' + '.join(gone) or 'no credential'} is no longer enough")
    for more in after - before:
        yield Change("safe", where, f"{' + '.join(more) or 'no credential'} is enough now")


def _parameters(where: str, previous: Node, current: Node, side: _Side) -> Iterator[Change]:
    before = {(p["in"], p["name"].lower()): p for p in (_resolve(side.old, p) for p in previous.get("parameters", []))}
    after = {(p["in"], p["name"].lower()): p for p in (_resolve(side.new, p) for p in current.get("parameters", []))}
    for place, name in {**before, **after}:
        was, now = before.get((place, name)), after.get((place, name))
        spot = f"{where} {place} {name}"
        if now is None:
            yield Change("risky", spot, "parameter removed")
        elif was is None or bool(now.get("required")) > bool(was.get("required")):
            yield Change(
                "breaking" if now.get("required") else "safe", spot, "now required" if was else "new parameter"
            )
        else:
            yield from _schema(spot, was.get("schema", {}), now.get("schema", {}), side, 0)


def _body(where: str, previous: Node, current: Node, side: _Side) -> Iterator[Change]:
    was, now = _resolve(side.old, previous.get("requestBody")), _resolve(side.new, current.get("requestBody"))
    if now.get("required") and not was.get("required"):
        yield Change("breaking", where, "body is now required")
    yield from _content(where, was.get("content") or {}, now.get("content") or {}, side)


def _response(where: str, was: Node, now: Node, side: _Side) -> Iterator[Change]:
    before, after = was.get("headers") or {}, now.get("headers") or {}
    for name in {**before, **after}:
        previous, current = _resolve(side.old, before.get(name)), _resolve(side.new, after.get(name))
        spot = f"{where} header {name}"
        if name in before and (name not in after or (previous.get("required") and not current.get("required"))):
            yield Change("breaking" if previous.get("required") else "risky", spot, "may now be missing")
        elif name not in before:
            yield Change("safe", spot, "new header")
        else:
            yield from _schema(spot, previous.get("schema", {}), current.get("schema", {}), side, 0)
    yield from _content(where, was.get("content") or {}, now.get("content") or {}, side)


def _content(where: str, before: Node, after: Node, side: _Side) -> Iterator[Change]:
    for kind in {**before, **after}:
        spot = f"{where} {kind}"
        if kind not in after:
            yield Change("breaking", spot, "media type removed")
        elif kind not in before:
            yield Change(side.wider(), spot, "new media type")
        else:
            for name in ("schema", "itemSchema"):
                yield from _schema(spot, before[kind].get(name, {}), after[kind].get(name, {}), side, 0)


def _merged(document: Node, node: Any, depth: int = 0) -> Node:
    """Return a schema with its reference followed and its allOf folded in, down to a fixed depth."""
    merged = dict(_resolve(document, node))
    parts = merged.pop("allOf", []) or []
    for part in parts if depth < DEEPEST else ():
        folded = _merged(document, part, depth + 1)
        if "if" in folded:  # kept apart: whether it applies depends on the value
            merged.setdefault("conditions", []).append(folded)
            continue
        required = [*(merged.get("required") or []), *(folded.get("required") or [])]
        properties = {**(folded.get("properties") or {}), **(merged.get("properties") or {})}
        merged = {**folded, **merged}
        if required:
            merged["required"] = list(dict.fromkeys(required))
        if properties:
            merged["properties"] = properties
    return merged


def _schema(where: str, old: Any, new: Any, side: _Side, depth: int) -> Iterator[Change]:
    if depth > DEEPEST or (old == new and not _refers(old)):
        return
    was, now = _merged(side.old, old), _merged(side.new, new)
    for rule in (_types, _enums, _bounds, _undecided):
        yield from rule(where, was, now, side)
    yield from _properties(where, was, now, side, depth)
    if "items" in was or "items" in now:
        yield from _schema(f"{where}[]", was.get("items", {}), now.get("items", {}), side, depth + 1)
    pairs = zip(was.get("conditions", []), now.get("conditions", []), strict=False)
    if len(was.get("conditions", [])) != len(now.get("conditions", [])):
        yield Change("risky", where, "variants changed")
    for previous, current in pairs:
        if previous.get("if") == current.get("if"):
            yield from _schema(where, previous.get("then", {}), current.get("then", {}), side, depth + 1)


def _refers(node: Any) -> bool:
    return "$ref" in str(node)


def _type_set(schema: Node) -> set[str]:
    kinds = schema.get("type")
    types = {kinds} if isinstance(kinds, str) else set(kinds or ())
    return types | {"integer"} if "number" in types else types


def _types(where: str, was: Node, now: Node, side: _Side) -> Iterator[Change]:
    before, after = _type_set(was), _type_set(now)
    if before and after and before - after:
        yield Change(
            "breaking" if side.is_request or not before & after else "safe", where, f"no longer {_or(before - after)}"
        )
    if before and after - before:
        level: Level = "safe" if side.is_request else "breaking" if not before & after else "risky"
        yield Change(level, where, f"may now be {_or(after - before)}")
    if not before and after:
        yield Change(side.narrower(), where, f"now only {_or(after)}")
    if before and not after:
        yield Change(side.wider(), where, "may now have any type")


def _or(words: set[str]) -> str:
    return " or ".join(sorted(words))


def _values(schema: Node) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _enums(where: str, was: Node, now: Node, side: _Side) -> Iterator[Change]:
    before, after = _values(was), _values(now)
    if before is not None and after is not None:
        for gone in (value for value in before if value not in after):
            yield Change(side.narrower(), where, f"value {gone!r} removed")
        for more in (value for value in after if value not in before):
            yield Change(side.wider(), where, f"new value {more!r}")
    elif before is None and after is not None:
        yield Change(side.narrower(), where, f"now only {', '.join(map(repr, after))}")
    elif before is not None:
        yield Change(side.wider(), where, "now any value, not only the listed ones")


def _bounds(where: str, was: Node, now: Node, side: _Side) -> Iterator[Change]:
    for names, narrower in ((LOWER, lambda a, b: b > a), (UPPER, lambda a, b: b < a)):
        for name in names:
            yield from _bound(where, name, was.get(name), now.get(name), narrower, side)


def _bound(
    where: str, name: str, a: Any, b: Any, narrower: Callable[[Any, Any], bool], side: _Side
) -> Iterator[Change]:
    if a == b:
        return
    if a is None or (b is not None and narrower(a, b)):
        yield Change(side.narrower(), where, f"{name} is now {b}, was {'unlimited' if a is None else a}")
    else:
        yield Change(side.wider(), where, f"{name} is now {'unlimited' if b is None else b}, was {a}")


def _undecided(where: str, was: Node, now: Node, side: _Side) -> Iterator[Change]:
    for name in UNDECIDED:
        if was.get(name) != now.get(name):
            if name not in was:
                yield Change(side.narrower(), where, f"{name} added")
            elif name not in now:
                yield Change(side.wider(), where, f"{name} removed")
            else:
                yield Change("risky", where, f"{name} changed")


def _properties(where: str, was: Node, now: Node, side: _Side, depth: int) -> Iterator[Change]:
    before, after = was.get("properties") or {}, now.get("properties") or {}
    needed, needs = set(was.get("required") or ()), set(now.get("required") or ())
    for name in sorted(needs - needed):
        yield Change("breaking" if side.is_request else "safe", f"{where}.{name}", "now required")
    for name in sorted(needed - needs):
        gone = name not in after
        level: Level = "safe" if side.is_request else "breaking"
        yield Change(level, f"{where}.{name}", "field removed" if gone else "may now be missing")
    for name in {**before, **after}:
        spot = f"{where}.{name}"
        if name in before and name in after:
            yield from _schema(spot, before[name], after[name], side, depth + 1)
        elif name in before and name not in needed:
            yield Change("risky", spot, "field no longer described")
        elif name not in before and name not in needs:
            yield Change("safe", spot, "new field")
    closed = now.get("additionalProperties") is False and was.get("additionalProperties") is not False
    if closed:
        yield Change(side.narrower(), where, "unknown fields are now rejected")
