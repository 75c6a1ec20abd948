"""Sentences for validation errors: which field is wrong, and what it should be.

They follow the wording of FastAPI and Pydantic, which the gateway uses. No sentence repeats the value that was sent,
because it may be somebody's prompt or password.
"""

import jsonschema_rs

_UNITS = {"Length": "characters", "Items": "items", "Properties": "properties"}


def field_of(error: jsonschema_rs.ValidationError) -> str:
    """Return the path of the wrong field, as in `messages.0.content`; `body` for the whole body."""
    path = [str(part) for part in error.instance_path]
    if error.kind.name == "required":
        path.append(str(error.kind.value))
    return ".".join(path) or "body"


def violation(error: jsonschema_rs.ValidationError) -> str:
    """Return what the field should be, from the keyword that it violates."""
    keyword, limit = error.kind.name, error.kind.value
    match keyword:
        case "required":
            return "Field required"
        case "type":
            types = limit if isinstance(limit, list) else [limit]
            return f"Input should be of type {' or '.join([str(name) for name in types])}"
        case "enum" | "const":
            options = limit if isinstance(limit, list) else [limit]
            return f"Input should be {' or '.join([repr(option) for option in options])}"
        case "minimum":
            return f"Input should be greater than or equal to {limit}"
        case "maximum":
            return f"Input should be less than or equal to {limit}"
        case "exclusiveMinimum":
            return f"Input should be greater than {limit}"
        case "exclusiveMaximum":
            return f"Input should be less than {limit}"
        case "minLength" | "minItems" | "minProperties":
            return f"Input should have at least {_amount(keyword, limit)}"
        case "maxLength" | "maxItems" | "maxProperties":
            return f"Input should have at most {_amount(keyword, limit)}"
        case "pattern":
            return f"Input should match the pattern {limit}"
        case "additionalProperties" | "unevaluatedProperties":
            return "Input should have no other properties than the documented ones"
        case "format":
            return f"Input should be a valid {limit}"
        case "multipleOf":
            return f"Input should be a multiple of {limit}"
        case "uniqueItems":
            return "Input should have no duplicate items"
        case "oneOf" | "anyOf":
            return "Input should match one of the documented forms"
        case "falseSchema":
            return "Input is not allowed here"
        case _:
            return f"Input is not valid ({keyword})"


def _amount(keyword: str, limit: object) -> str:
    unit = _UNITS[keyword[3:]]
    if limit != 1:
        return f"{limit} {unit}"
    return f"1 {'property' if unit == 'properties' else unit.removesuffix('s')}"
