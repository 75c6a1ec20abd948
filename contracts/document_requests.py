"""Requests of any OpenAPI document: as its examples show them, with the credentials that its security schemes need."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.contracts.client import Client
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import SentRequest

WRONG = "gate-knows-no-such-credential:0"
"""A credential that no server has. It has a colon, because that of Basic needs one."""


def shown_values(parameter: Mapping[str, Any]) -> list[Any]:
    """Return the values that the document shows for a parameter."""
    schema = parameter.get("schema") or {}
    named = (parameter.get("examples") or {}).values()
    listed = schema.get("examples")
    values = [
        parameter.get("example"),
        *(one.get("value") for one in named),
        schema.get("example"),
        *(listed if isinstance(listed, list) else ()),
        schema.get("const"),
        schema.get("default"),
        *(schema.get("enum") or ()),
    ]
    return [value for value in values if value is not None]


def _needed(operation: OperationSpec) -> list[Mapping[str, Any]]:
    return [each for each in operation.parameters if each["in"] == "path" or each.get("required")]


def is_shown(operation: OperationSpec) -> bool:
    """Return whether the document says what to send: each part of the path, each required parameter, and the body."""
    needed = _needed(operation)
    braces = operation.path.count("{") == len([each for each in needed if each["in"] == "path"])
    return braces and all(map(shown_values, needed)) and (not operation.takes_body or bool(operation.basic))


def request_of(operation: OperationSpec, body: object = None, **parts: object) -> SentRequest:
    """Return a request without a credential: with the values that the document shows, and 1 where it shows none.

    `parts` take the place of what it shows for the path. A body of bytes is sent unchanged.
    """
    path, query, cookies = operation.path, dict[str, Any](), list[str]()
    headers = {"accept": ", ".join(operation.successes) or "*/*"}
    for each in _needed(operation):
        name, where = str(each["name"]), each["in"]
        value = parts.get(name, next(iter(shown_values(each)), 1))
        if where == "path":
            path = path.replace(f"{{{name}}}", quote(_written(value), safe=""))
        elif where == "query":
            query[name] = [_written(item) for item in value] if isinstance(value, list) else _written(value)
        elif where == "cookie":
            cookies.append(f"{name}={_written(value)}")
        else:
            headers[name.lower()] = _written(value)
    headers |= {"cookie": "; ".join(cookies)} if cookies else {}
    path += f"?{urlencode(query, doseq=True)}" if query else ""
    if body is None:
        return SentRequest(operation.method, path, headers)
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return SentRequest(operation.method, path, {"content-type": operation.media, **headers}, raw)


def _written(value: object) -> str:
    """Return a value as a URL or a header shows it."""
    return value if isinstance(value, str) else json.dumps(value)


def foreign(client: Client, *methods: str, spoken: bool = False) -> Iterator[OperationSpec]:
    """Yield the operations of a document that is not the gateway's; with `spoken` also those that a model answers."""
    for operation in client.document.operations.values():
        is_chosen = operation.method in methods and (spoken or not operation.speaks)
        if client.document.scope == "document" and is_chosen:
            yield operation
