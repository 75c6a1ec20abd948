"""The JSON Schema of each kind of file for editors, and the file that `mockserver new` writes."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import orjson

from mockserver.core.errors import OperatorError
from mockserver.faults import FAULTS
from mockserver.files.editor_snippets import snippets_of
from mockserver.files.kinds import FileKind

Schema: TypeAlias = dict[str, Any]  # Any: a JSON Schema as pydantic makes it, whose shape its own standard says

_EXAMPLES: Mapping[str, Schema] = {
    "scenario": {
        "scenario": "greeting",
        "about": "A greeting to every message.",
        "turns": [{"reply": "Hello! How can I help you today?", "times": "always"}],
    },
    "chaos": {
        "chaos": "overload",
        "about": "One request in ten gets a 503, and one stream in twenty is reset.",
        "rules": [
            {"probability": "10%", "error": {"status": 503, "retry_after": 5}},
            {"when": {"stream": True}, "probability": "5%", "faults": [{"reset": {"at": 4}}]},
        ],
    },
    "accounts": {
        "accounts": [{"key": "sk_three", "plan": "starter", "credits": 3}],
        "unknown_keys": "refuse",
    },
}

_FIRST = """\
# yaml-language-server: $schema={schema}
scenario: {name}
about: The model asks for the weather, then reports it.

# For each request, the mock uses the first turn with plays left whose conditions all match.
turns:
  # Played once (times: 1 is the default), and only if the client offers the tool get_weather.
  - when: {{last: user, tools: [get_weather]}}
    reply:
      - text: Let me look that up.
      - tool_use: {{name: get_weather, input: {{city: Oslo}}}}

  # After the tool's result. Other values: last_user_text, request.model, faker.city, ...
  - when: {{last: tool_result}}
    reply: "The weather: {{{{tool_result}}}}"

  # An error with the documented body of its status. Then the script is used up; `after:` says what happens next.
  - error: {{status: 429, retry_after: 2}}
"""


def file_schema(kind: FileKind) -> str:
    """Return the JSON Schema of a kind of file, generated from its model, as indented JSON."""
    schema = kind.model.model_json_schema(by_alias=True)
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind.title.capitalize()} of the AINative gateway mock",
        **{key: value for key, value in schema.items() if key != "title"},
        "examples": [_EXAMPLES[kind.name]],
    }
    definitions = described["$defs"]
    for name in definitions:
        if name in _AMENDMENTS:
            definitions[name] = _AMENDMENTS[name](definitions[name])
        definitions[name] |= snippets_of(name)
    root = kind.model.__name__
    if root in _AMENDMENTS:
        described = _AMENDMENTS[root](described)
    described |= snippets_of(root)
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


# --- What the models accept or reject only in validators: short forms, and names of faults and headers ---------------


def _or_short(short: str) -> Callable[[Schema], Schema]:
    """Return an amendment that allows a bare value of a type: `reply: hi`, `text: hi`."""
    return lambda schema: {"anyOf": [{"type": short}, schema]}


def _or_credits(schema: Schema) -> Schema:
    """Allow a bare number of credits: `default: 1`."""
    return {"anyOf": [*schema["properties"]["tokens"]["anyOf"], schema]}


def _fixed(schema: Schema) -> Schema:
    """Allow a bare time: `first: 300ms`."""
    return {"anyOf": [*schema["properties"]["value"]["anyOf"], schema]}


def _scenario(schema: Schema) -> Schema:
    schema["properties"]["seed"]["anyOf"].insert(0, {"type": "integer"})
    return schema


def _raw_response(schema: Schema) -> Schema:
    schema["properties"]["headers"]["additionalProperties"] = False
    return schema


def _turn(schema: Schema) -> Schema:
    properties = _raw_response(schema)["properties"]
    reply = properties["reply"]
    properties["reply"] = {"anyOf": [{"$ref": "#/$defs/ReplyBlock"}, *reply["anyOf"]], **_annotations(reply)}
    properties["faults"]["items"]["anyOf"] = _fault_forms()
    return schema


def _chaos_rule(schema: Schema) -> Schema:
    """Require one effect, an error or faults; allow a bare fault: `faults: crlf`."""
    faults = schema["properties"]["faults"]
    forms = _fault_forms()
    schema["properties"]["faults"] = {
        "anyOf": [*forms, {"type": "array", "items": {"anyOf": forms}}],
        **_annotations(faults),
    }
    schema["oneOf"] = [{"required": ["error"]}, {"required": ["faults"]}]
    return schema


def _fault_forms() -> list[Schema]:
    names = {"enum": sorted(FAULTS)}
    with_parameters = {
        "type": "object",
        "propertyNames": {"enum": [*names["enum"], "quirk"]},
        "properties": {"quirk": names},
        "minProperties": 1,
        "maxProperties": 1,
    }
    return [names, with_parameters]


def _when(schema: Schema) -> Schema:
    properties = schema["properties"]
    for key in ("operation", "model", "beta"):
        properties[key] = {"anyOf": [{"type": "string"}, *properties[key]["anyOf"]], **_annotations(properties[key])}
    return schema


def _accounts_file(schema: Schema) -> Schema:
    """Require of each account that somebody can use it."""
    accounts = schema["properties"]["accounts"]
    accounts["items"] = {**accounts["items"], "anyOf": [{"required": [name]} for name in ("key", "keys", "user")]}
    return schema


_AMENDMENTS: Mapping[str, Callable[[Schema], Schema]] = {
    "TextTest": _or_short("string"),
    "CountTest": _or_short("integer"),
    "ReplyBlock": _or_short("string"),
    "ThinkingBlock": _or_short("string"),
    "Fixed": _fixed,
    "Scenario": _scenario,
    "Turn": _turn,
    "RawResponse": _raw_response,
    "When": _when,
    "ChaosRule": _chaos_rule,
    "AccountsFile": _accounts_file,
    "TokenPrice": _or_credits,
}
"""By the name of a model: what makes its schema agree with the model's validators."""


def _annotations(schema: Schema) -> Schema:
    """Return the parts of a schema that say something about it, not about the value."""
    return {key: schema[key] for key in ("description", "default") if key in schema}


def first_scenario(name: str, schema_file: str) -> str:
    """Return the text of a small commented scenario. Raises `OperatorError` for an invalid name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise OperatorError(
            f"invalid scenario name '{name}'; expected lower-case letters, digits and dashes, such as my-scenario"
        )
    return _FIRST.format(name=name, schema=schema_file)
