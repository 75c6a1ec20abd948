"""Links of an OpenAPI document: which operation an answer leads to, and with which values of that answer.

A value is a constant or a runtime expression, such as `$response.body#/id`, alone or in braces within a text. What an
expression names and the exchange does not have is None.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mockserver.contracts.exchange import CheckedExchange, Json, dig
from mockserver.contracts.json_pointer import names_of


@dataclass(frozen=True)
class Link:
    """One link. `target` is an operationId, or the method and path of an operation of the document."""

    name: str
    target: str
    parameters: Mapping[str, Any]


def link_of(name: str, node: Mapping[str, Any]) -> Link:
    """Return a link as the document writes it."""
    target = str(node.get("operationId") or "")
    if not target:
        *_, path, method = ["", "", *names_of(unquote(str(node.get("operationRef"))))]
        target = f"{method} {path}"
    return Link(name, target, node.get("parameters") or {})


def values(link: Link, exchange: CheckedExchange, path: Mapping[str, str]) -> dict[str, Json]:
    """Return the values of a link's parameters, without the places in front of names. `path` has the request's own."""
    return {name.rpartition(".")[2]: _value(expression, exchange, path) for name, expression in link.parameters.items()}


_EXPRESSION = re.compile(r"\$(url|method|statusCode|(?:request|response)\.[^{}]+)")


def _value(expression: Any, exchange: CheckedExchange, path: Mapping[str, str]) -> Json:
    if not isinstance(expression, str):
        return expression  # type: ignore[no-any-return]  # a constant of the document
    if _EXPRESSION.fullmatch(expression):
        return _evaluated(expression[1:], exchange, path)
    parts = [_evaluated(part, exchange, path) for part in re.findall(r"\{\$([^{}]+)\}", expression)]
    if None in parts:
        return None
    values = iter(parts)
    return re.sub(r"\{\$[^{}]+\}", lambda _: str(next(values)), expression)


def _evaluated(expression: str, exchange: CheckedExchange, path: Mapping[str, str]) -> Json:
    request, response = exchange.request, exchange.response
    plain: Mapping[str, Json] = {"url": request.path, "method": request.method, "statusCode": response.status}
    if expression in plain:
        return plain[expression]
    side, _, rest = expression.partition(".")
    where, _, name = rest.partition(".")
    if where.partition("#")[0] == "body":
        return _pointed(request.json if side == "request" else response.json, rest.partition("#")[2])
    if where == "header":
        return response.header(name.lower()) if side == "response" else request.headers.get(name.lower())
    return {"path": path, "query": dict(parse_qsl(urlsplit(request.path).query))}.get(where, {}).get(name)


def _pointed(body: Json, pointer: str) -> Json:
    for name in names_of(pointer):
        body = dig(body, int(name) if isinstance(body, list) and name.isdigit() else name)
    return body
