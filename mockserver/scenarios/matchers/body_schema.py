"""`body_schema`: a JSON Schema (2020-12) that the request body must satisfy.

Use it for conditions that `body` cannot say: a field that must be there, a range, a shape. References to other
documents are refused.

    when: {body_schema: {required: [temperature]}}
"""

from typing import Annotated, TypeAlias

import jsonschema_rs
from pydantic import Field, JsonValue

from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey


def _compile(schema: dict[str, JsonValue]) -> Matcher:
    try:
        validator = jsonschema_rs.Draft202012Validator(
            schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ValueError(f"not a JSON Schema: {str(error).partition(chr(10))[0]}") from None

    def match(call: Call) -> Difference | None:
        error = next(validator.iter_errors(call.body), None)
        if error is None:
            return None
        pointer = "".join([f"/{part}" for part in error.instance_path])
        return Difference(pointer or "body", f"the schema ({error.kind.name})", verb="does not satisfy")

    return match


BODY_SCHEMA = WhenKey(
    _compile,
    examples=(
        Example("body_schema: {required: [temperature]}", "body does not satisfy the schema (required)"),
        Example(
            "body_schema: {properties: {messages: {minItems: 2}}}", "/messages does not satisfy the schema (minItems)"
        ),
        Example("body_schema: {required: [temperature]}", body={"temperature": 0.5}),
    ),
)

BodySchema: TypeAlias = Annotated[
    dict[str, JsonValue] | None, Field(description="A JSON Schema that the request body must satisfy."), BODY_SCHEMA
]
