"""The parameters of a foreign operation: taken from the request, given their types, and checked.

A parameter comes as text. Its `style` and `explode` say how a list or an object is written in it (the table `STYLES`),
its schema says what each piece can be: a piece becomes a number, a boolean or null where the schema allows one and the
text spells one, else it stays text. What comes out is judged by the schema. Parameters that the document does not name
are let through.
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
from mockserver.external.document import DocumentNode
from mockserver.external.schemas import Schema, bundle, child, types_of
from mockserver.external.security import cookies
from mockserver.openapi.operation import HandlerRequest
from mockserver.openapi.sampling.schema import compiled_validator
from mockserver.openapi.violations import violation

Form: TypeAlias = Literal["scalar", "array", "object", "json"]
Pairs: TypeAlias = list[tuple[str, str]]
Raw: TypeAlias = str | list[str] | dict[str, str | list[str]]
"""A parameter as it came: text, or pieces of text."""

DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
IGNORED_HEADERS = {"accept", "content-type", "authorization"}
"""Header parameters that the document describes elsewhere (OpenAPI, "Parameter Object")."""
MOST_PAIRS = 1_000
"""The most parameters of one query that are looked at."""
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
    """The parameters of an operation; those of its path, unless it has its own of that name and place."""
    found: dict[tuple[str, str], DocumentNode] = {}
    for holder in (item, operation):
        for node in holder.get("parameters").each():
            found[node.text("in"), node.text("name")] = node
    return tuple([_parameter(node) for node in found.values() if _is_read(node)])


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


def check_parameters(wanted: Sequence[Parameter], asked: HandlerRequest, status: int) -> None:
    """Raises `Refusal` with this status for the first parameter that is missing or wrong."""
    if not wanted:
        return
    query = _pairs(asked.query)
    held = cookies(asked) if any(parameter.place == "cookie" for parameter in wanted) else {}
    for parameter in wanted:
        try:
            raw = _raw(parameter, asked, query, held)
        except ValueError as error:
            raise Refusal(status, "invalid_request", f"{parameter}: {error}", param=parameter.name) from None
        if raw is None:
            if parameter.required:
                raise Refusal(status, "invalid_request", f"{parameter}: Field required", param=parameter.name)
        elif not (raw == "" and parameter.may_be_empty):
            _judge(parameter, raw, status)


def _pairs(query: str) -> Pairs:
    """The names of a query decoded, the values as they came: a comma that is percent-encoded separates nothing."""
    pairs = [piece.partition("=") for piece in query.split("&", MOST_PAIRS)[:MOST_PAIRS] if piece]
    return [(unquote_plus(name), value) for name, _, value in pairs]


def _raw(parameter: Parameter, asked: HandlerRequest, query: Pairs, held: Mapping[str, str]) -> Raw | None:
    """The parameter as text, or as pieces of text, or None. Raises `ValueError` for what its style cannot be."""
    match parameter.place:
        case "query":
            return _from_query(parameter, query)
        case "path":
            text = asked.parameters.get(parameter.name)
            return None if text is None else _split(parameter, _unprefixed(parameter, text), str)
        case "header":
            text = asked.headers.get(parameter.name.lower())
            return None if text is None else _split(parameter, text, str.strip)
        case _:
            text = held.get(parameter.name)
            return None if text is None else _split(parameter, text, unquote)


def _from_query(parameter: Parameter, query: Pairs) -> Raw | None:
    values = [value for name, value in query if name == parameter.name]
    if parameter.form == "object" and parameter.style == "deepObject":
        return _deep(parameter.name, query) or None
    if parameter.form == "object" and parameter.explode:
        names = {name for name, _ in query} & _property_names(parameter.schema)
        found = {name: unquote_plus(value) for name, value in query if name in names}
        return cast(Raw, found) or None
    if not values:
        return None
    if parameter.form == "array" and parameter.explode:
        return [unquote_plus(value) for value in values]
    return _split(parameter, values[-1], unquote_plus)


def _deep(name: str, query: Pairs) -> dict[str, str | list[str]]:
    """`filter[color]=red&filter[size]=1` as an object; a name that comes again makes a list."""
    found: dict[str, str | list[str]] = {}
    for key, value in query:
        inner = key[len(name) + 1 : -1]
        if key == f"{name}[{inner}]" and inner:
            text, before = unquote_plus(value), found.get(inner)
            found[inner] = text if before is None else [*(before if isinstance(before, list) else [before]), text]
    return found


def _property_names(schema: Schema) -> set[str]:
    properties = child(schema, schema, "properties")
    return {str(name) for name in cast(Mapping[str, object], properties)}


SEPARATORS: Mapping[str, str] = {
    "spaceDelimited": r"%20|\+| ",
    "pipeDelimited": r"\||%7C|%7c",
    "label": r"\.|,",
    "matrix": r",|;",
}
"""The style -> what separates the pieces of a list or an object; a comma for every other style."""


def _unprefixed(parameter: Parameter, text: str) -> str:
    """A path parameter without the sign of its style: `.a.b` (label), `;id=3` (matrix)."""
    if parameter.style == "label":
        if not text.startswith("."):
            raise ValueError("a label starts with '.'")
        return text[1:]
    if parameter.style == "matrix":
        if not text.startswith(";"):
            raise ValueError("a matrix parameter starts with ';'")
        text = text[1:]
        return text if parameter.form == "object" and parameter.explode else text.replace(f"{parameter.name}=", "")
    return text


def _split(parameter: Parameter, text: str, decode: Callable[[str], str]) -> Raw:
    """The pieces of one text, by form and style."""
    if parameter.form in ("scalar", "json"):
        return decode(text)
    pieces = [decode(piece) for piece in re.split(SEPARATORS.get(parameter.style, ","), text)] if text else []
    if parameter.form == "array":
        return pieces
    if parameter.explode:
        return {name: value for name, _, value in (piece.partition("=") for piece in pieces)}
    if len(pieces) % 2:
        raise ValueError("an object is written as name,value,name,value")
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def _judge(parameter: Parameter, raw: Raw, status: int) -> None:
    """Refuse the parameter unless one of its readings satisfies the schema."""
    problem: str | None = None
    for value in _readings(parameter, raw):
        try:
            parameter.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            within = "".join([f"[{part}]" for part in error.instance_path])
            problem = problem or f"{parameter}{within}: {violation(error)}"
        except ValueError:
            problem = problem or f"{parameter}: cannot be read"
        else:
            return
    raise Refusal(status, "invalid_request", problem or f"{parameter}: is not valid JSON", param=parameter.name)


def _readings(parameter: Parameter, raw: Raw) -> Iterator[object]:
    """What the text can mean: with the types that the schema names, else all text."""
    if parameter.form == "json":
        try:
            yield orjson.loads(raw if isinstance(raw, str) else "")
        except orjson.JSONDecodeError:
            return
    else:
        yield typed(parameter.schema, parameter.schema, raw)
        if parameter.form == "scalar" and {"string"} & types_of(parameter.schema, parameter.schema):
            yield raw


def typed(whole: Schema, schema: object, raw: object) -> object:
    """Text, or pieces of text, with the types that the schema names."""
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
        whole = number.is_integer() and abs(number) < 2**63
        if math.isfinite(number):
            return int(text) if text.lstrip("-").isdecimal() and whole else number
    if (not types or "boolean" in types) and text in ("true", "false"):
        return text == "true"
    return None if "null" in types and text in ("", "null") else text
