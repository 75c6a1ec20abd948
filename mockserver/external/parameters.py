"""The parameters of an external operation: read from the request, typed, and validated.

A parameter arrives as text. Its `style` and `explode` say how a list or an object is written in it (`SEPARATORS`), and
its schema says what each piece can be: a piece becomes a number, a boolean or null where the schema allows that type
and the text spells such a value; otherwise it stays text. The schema then validates the result. Parameters that the
document does not name are ignored.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias, cast
from urllib.parse import unquote, unquote_plus

import jsonschema_rs
import msgspec
import orjson

from mockserver.core.errors import Refusal
from mockserver.core.json_text import parse_json
from mockserver.external.document import DocumentNode
from mockserver.external.schemas import Schema, bundle, child, types_of
from mockserver.external.security import cookies
from mockserver.openapi.operation import HandlerRequest
from mockserver.openapi.sampling.schema import compiled_validator
from mockserver.openapi.violations import violation

Form: TypeAlias = Literal["scalar", "array", "object", "json"]
Pairs: TypeAlias = list[tuple[str, str]]
Raw: TypeAlias = str | list[str] | dict[str, str | list[str]]
"""A parameter before it is typed: text, or pieces of text."""

DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
IGNORED_HEADERS = {"accept", "content-type", "authorization"}
"""Header parameters that the document describes elsewhere (OpenAPI, "Parameter Object")."""
MAX_PAIRS = 1_000
"""The most parameters of one query that are read; the rest is ignored."""
SEPARATORS: Mapping[str, str] = {
    "spaceDelimited": r"%20|\+| ",
    "pipeDelimited": r"\||%7C|%7c",
    "label": r"\.|,",
    "matrix": r",|;",
}
"""What separates the pieces of a list or an object, by style; every other style uses a comma."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. `place` is path, query, header or cookie."""

    name: str
    place: str
    required: bool
    style: str
    explode: bool
    form: Form
    schema: Schema
    validator: jsonschema_rs.Validator
    may_be_empty: bool = False

    def __str__(self) -> str:
        return f"{self.place} parameter '{self.name}'"


def parameters(item: DocumentNode, operation: DocumentNode) -> tuple[Parameter, ...]:
    """Return the parameters of an operation; it overrides those of its path by name and place."""
    nodes: dict[tuple[str, str], DocumentNode] = {}
    for holder in (item, operation):
        for node in holder.get("parameters").each():
            nodes[node.text("in"), node.text("name")] = node
    return tuple([_parameter(node) for node in nodes.values() if _is_read(node)])


def _is_read(node: DocumentNode) -> bool:
    place, name = node.text("in"), node.text("name")
    return place in DEFAULT_STYLES and not (place == "header" and name.lower() in IGNORED_HEADERS)


def _parameter(node: DocumentNode) -> Parameter:
    content = next((media for _, media in node.get("content").items()), None)
    schema = bundle((content or node).inside("schema"), "request")
    types = types_of(schema, schema)
    style = node.text("style", DEFAULT_STYLES[node.text("in")])
    exploded = node.raw("explode")
    form: Form = "array" if "array" in types else "object" if "object" in types else "scalar"
    return Parameter(
        name=node.text("name"),
        place=node.text("in"),
        required=node.raw("required") is True,
        style=style,
        explode=exploded if isinstance(exploded, bool) else style in ("form", "cookie"),
        form=form if content is None else "json",
        schema=schema,
        validator=compiled_validator(orjson.dumps(schema)),
        may_be_empty=node.raw("allowEmptyValue") is True,
    )


def check_parameters(expected: Sequence[Parameter], request: HandlerRequest, status: int) -> None:
    """Raise `Refusal` with this status for the first parameter that is missing or not valid."""
    if not expected:
        return
    query = _pairs(request.query)
    sent_cookies = cookies(request) if any(parameter.place == "cookie" for parameter in expected) else {}
    for parameter in expected:
        try:
            raw = _raw(parameter, request, query, sent_cookies)
        except ValueError as error:
            raise Refusal(status, "invalid_request", f"{parameter}: {error}", param=parameter.name) from None
        if raw is None:
            if parameter.required:
                raise Refusal(status, "invalid_request", f"{parameter}: Field required", param=parameter.name)
        elif not (raw == "" and parameter.may_be_empty):
            _validate(parameter, raw, status)


def _pairs(query: str) -> Pairs:
    """Return the pairs of a query: names decoded, values not, because a percent-encoded comma separates nothing."""
    pairs = [piece.partition("=") for piece in query.split("&", MAX_PAIRS)[:MAX_PAIRS] if piece]
    return [(unquote_plus(name), value) for name, _, value in pairs]


def _raw(parameter: Parameter, request: HandlerRequest, query: Pairs, sent_cookies: Mapping[str, str]) -> Raw | None:
    """Return the text of a parameter or its pieces, or None. Raises `ValueError` for a text that breaks its style."""
    match parameter.place:
        case "query":
            return _from_query(parameter, query)
        case "path":
            text = request.parameters.get(parameter.name)
            return None if text is None else _split(parameter, _unprefixed(parameter, text), str)
        case "header":
            text = request.headers.get(parameter.name.lower())
            return None if text is None else _split(parameter, text, str.strip)
        case _:
            text = sent_cookies.get(parameter.name)
            return None if text is None else _split(parameter, text, unquote)


def _from_query(parameter: Parameter, query: Pairs) -> Raw | None:
    values = [value for name, value in query if name == parameter.name]
    if parameter.form == "object" and parameter.style == "deepObject":
        return _deep_object(parameter.name, query) or None
    if parameter.form == "object" and parameter.explode:
        names = {name for name, _ in query} & _property_names(parameter.schema)
        members = {name: unquote_plus(value) for name, value in query if name in names}
        return cast(Raw, members) or None
    if not values:
        return None
    if parameter.form == "array" and parameter.explode:
        return [unquote_plus(value) for value in values]
    return _split(parameter, values[-1], unquote_plus)


def _deep_object(name: str, query: Pairs) -> dict[str, str | list[str]]:
    """Return `filter[color]=red&filter[size]=1` as an object; a repeated name becomes a list."""
    members: dict[str, str | list[str]] = {}
    for key, value in query:
        inner = key[len(name) + 1 : -1]
        if key == f"{name}[{inner}]" and inner:
            text, before = unquote_plus(value), members.get(inner)
            members[inner] = text if before is None else [*(before if isinstance(before, list) else [before]), text]
    return members


def _property_names(schema: Schema) -> set[str]:
    properties = child(schema, schema, "properties")
    return {str(name) for name in cast(Mapping[str, object], properties)}


def _unprefixed(parameter: Parameter, text: str) -> str:
    """Return a path parameter without the prefix of its style: `.a.b` (label), `;id=3` (matrix)."""
    if parameter.style == "label":
        if not text.startswith("."):
            raise ValueError("Input should start with '.' (style: label)")
        return text[1:]
    if parameter.style == "matrix":
        if not text.startswith(";"):
            raise ValueError("Input should start with ';' (style: matrix)")
        text = text[1:]
        return text if parameter.form == "object" and parameter.explode else text.replace(f"{parameter.name}=", "")
    return text


def _split(parameter: Parameter, text: str, decode: Callable[[str], str]) -> Raw:
    """Return the pieces of a text, by form and style."""
    if parameter.form in ("scalar", "json"):
        return decode(text)
    pieces = [decode(piece) for piece in re.split(SEPARATORS.get(parameter.style, ","), text)] if text else []
    if parameter.form == "array":
        return pieces
    if parameter.explode:
        return {name: value for name, _, value in (piece.partition("=") for piece in pieces)}
    if len(pieces) % 2:
        raise ValueError("Input should be an object written as name,value,name,value")
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def _validate(parameter: Parameter, raw: Raw, status: int) -> None:
    """Raise `Refusal` with this status unless one reading of the parameter satisfies its schema."""
    problem: str | None = None
    for value in _readings(parameter, raw):
        try:
            parameter.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            within = "".join([f"[{part}]" for part in error.instance_path])
            problem = problem or f"{parameter}{within}: {violation(error)}"
        else:
            return
    raise Refusal(status, "invalid_request", problem or f"{parameter}: Input is not valid JSON", param=parameter.name)


def _readings(parameter: Parameter, raw: Raw) -> Iterator[object]:
    """Yield what the text can mean: typed by the schema, and as plain text where the schema allows a string."""
    if parameter.form == "json":
        try:
            yield parse_json(raw if isinstance(raw, str) else "")
        except ValueError:
            return
    else:
        yield typed(parameter.schema, parameter.schema, raw)
        if parameter.form == "scalar" and "string" in types_of(parameter.schema, parameter.schema):
            yield raw


def typed(whole: Schema, schema: object, raw: object) -> object:
    """Return text, or pieces of text, as values of the types that the schema names."""
    if isinstance(raw, dict):
        return {name: typed(whole, _property(whole, schema, name), value) for name, value in raw.items()}
    types = types_of(whole, schema)
    if "array" in types:
        items = child(whole, schema, "items")
        return [typed(whole, items, piece) for piece in (raw if isinstance(raw, list) else [raw])]
    return _scalar(raw, types) if isinstance(raw, str) else raw


def _property(whole: Schema, schema: object, name: str) -> object:
    return child(whole, schema, "properties", name) or child(whole, schema, "additionalProperties")


def _scalar(text: str, types: set[str]) -> object:
    if (not types or types & {"integer", "number"}) and len(text) < 64 and _NUMBER.fullmatch(text):
        number = float(text)
        fits_integer = number.is_integer() and abs(number) < 2**63
        if math.isfinite(number):
            return int(text) if text.lstrip("-").isdecimal() and fits_integer else number
    if (not types or "boolean" in types) and text in ("true", "false"):
        return text == "true"
    return None if "null" in types and text in ("", "null") else text
