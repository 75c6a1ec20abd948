"""The parameters of external operations, in every style."""

import re
from contextlib import nullcontext
from typing import Any

import pytest

from mockserver.core.errors import Refusal
from mockserver.external.document import DocumentNode
from mockserver.external.parameters import check_parameters, parameters
from mockserver.openapi.operation import HandlerRequest
from tests.support.external import GOOD, Client, document

PETS = "/api/v2/pets"


def test_header_and_cookie_parameters_are_validated() -> None:
    client = Client("petstore")
    good = {"x-trace": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "cookie": "a=b; theme=dark"}
    assert client.ask("GET", PETS, headers={**GOOD, **good}).status == 200
    assert b"header parameter 'X-Trace'" in client.ask("GET", PETS, x_trace="none").payload
    assert b"cookie parameter 'theme'" in client.ask("GET", PETS, cookie="theme=pink").payload


ARRAY = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
OBJECT = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}

# in, style, explode | schema | as sent | is it valid
STYLES: list[tuple[str, str, bool, dict[str, Any], str, bool]] = [
    ("query", "form", True, ARRAY, "p=1&p=2", True),
    ("query", "form", False, ARRAY, "p=1,2", True),
    ("query", "form", False, ARRAY, "p=1%2C2", False),
    ("query", "spaceDelimited", False, ARRAY, "p=1%202", True),
    ("query", "spaceDelimited", False, ARRAY, "p=1+2", True),
    ("query", "pipeDelimited", False, ARRAY, "p=1|2", True),
    ("query", "pipeDelimited", False, ARRAY, "p=1%7C2", True),
    ("query", "form", True, ARRAY, "p=1&p=x", False),
    ("query", "form", True, OBJECT, "a=1&b=2", True),
    ("query", "form", True, OBJECT, "a=x&b=2", False),
    ("query", "form", False, OBJECT, "p=a,1,b,2", True),
    ("query", "form", False, OBJECT, "p=a,1,b", False),
    ("query", "deepObject", True, OBJECT, "p[a]=1&p[b]=2", True),
    ("query", "deepObject", True, OBJECT, "p%5Ba%5D=1&p%5Bb%5D=2", True),
    ("query", "deepObject", True, OBJECT, "p[a]=1", False),
    ("path", "simple", False, ARRAY, "1,2", True),
    ("path", "simple", False, ARRAY, "1,2,3", False),
    ("path", "simple", True, OBJECT, "a=1,b=2", True),
    ("path", "simple", False, OBJECT, "a,1,b,2", True),
    ("path", "label", False, ARRAY, ".1,2", True),
    ("path", "label", True, ARRAY, ".1.2", True),
    ("path", "label", True, ARRAY, "1.2", False),
    ("path", "matrix", False, ARRAY, ";p=1,2", True),
    ("path", "matrix", True, ARRAY, ";p=1;p=2", True),
    ("path", "matrix", True, OBJECT, ";a=1;b=2", True),
    ("path", "matrix", True, ARRAY, "p=1", False),
    ("header", "simple", False, ARRAY, "1, 2", True),
    ("header", "simple", True, OBJECT, "a=1,b=2", True),
    ("cookie", "form", False, ARRAY, "1%2C2", False),
    ("query", "form", True, {"type": "boolean"}, "p=true", True),
    ("query", "form", True, {"type": "boolean"}, "p=1", False),
    ("query", "form", True, {"type": "integer"}, "p=1.0", True),
    ("query", "form", True, {"type": "integer"}, "p=1.5", False),
    ("query", "form", True, {"type": "integer"}, "p=01", False),
    ("query", "form", True, {"type": "number"}, "p=1e3", True),
    ("query", "form", True, {"type": "number"}, "p=1e999", False),
    ("query", "form", True, {"type": "string"}, "p=1", True),
    ("query", "form", True, {"type": "string", "minLength": 3}, "p=100", True),
    ("query", "form", True, {"type": ["integer", "string"]}, "p=x", True),
    ("query", "form", True, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "p=", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=1", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=two", True),
    ("query", "form", True, {"enum": [1, "two"]}, "p=3", False),
]


@pytest.mark.parametrize(("place", "style", "explode", "schema", "sent", "good"), STYLES)
def test_a_parameter_is_read_by_its_style(
    place: str, style: str, explode: bool, schema: dict[str, Any], sent: str, good: bool
) -> None:
    declared = {"name": "p", "in": place, "required": True, "style": style, "explode": explode, "schema": schema}
    files = document({}, "3.1.0")
    expected = parameters(DocumentNode(files, {}, "main"), DocumentNode(files, {"parameters": [declared]}, "main"))
    request = HandlerRequest(
        method="GET",
        headers={"p": sent} if place == "header" else {"cookie": f"p={sent}"} if place == "cookie" else {},
        parameters={"p": sent} if place == "path" else {},
        query=sent if place == "query" else "",
    )
    if good:
        check_parameters(expected, request, 400)
    else:
        with pytest.raises(Refusal):
            check_parameters(expected, request, 400)


CONTENT = {"content": {"application/json": {"schema": {"type": "object"}}}}

# What is declared | query | the error, or nothing
DECLARED: list[tuple[dict[str, Any], str, str]] = [
    (CONTENT, "p=%7B%22a%22%3A1%7D", ""),
    (CONTENT, "p={", "query parameter 'p': Input is not valid JSON"),
    (CONTENT, "p=[]", "query parameter 'p': Input should be of type object"),
    (CONTENT, "p=" + "[" * 500 + "]" * 500, "query parameter 'p': Input is not valid JSON"),
    ({"schema": {"type": "integer"}, "allowEmptyValue": True}, "p=", ""),
    ({"schema": {"type": "integer"}}, "p=", "query parameter 'p': Input should be of type integer"),
    ({"schema": {"type": "integer"}}, "q=1", ""),
]


@pytest.mark.parametrize(("declared", "query", "message"), DECLARED)
def test_a_parameter_is_checked_as_it_is_declared(declared: dict[str, Any], query: str, message: str) -> None:
    files = document({}, "3.1.0")
    node = DocumentNode(files, {"parameters": [{"name": "p", "in": "query", **declared}]}, "main")
    expected = parameters(DocumentNode(files, {}, "main"), node)
    with pytest.raises(Refusal, match=re.escape(message)) if message else nullcontext():
        check_parameters(expected, HandlerRequest(method="GET", headers={}, query=query), 400)
