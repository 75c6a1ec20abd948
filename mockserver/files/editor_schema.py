"""The JSON Schema of scenario files for editors, and the file that `mockserver new` writes."""

import re

import orjson

from mockserver.core.errors import OperatorError
from mockserver.faults import FAULTS
from mockserver.scenarios.schema import Scenario

_EXAMPLE = {
    "scenario": "greeting",
    "about": "A greeting to every message.",
    "turns": [{"reply": "Hello! How can I help you today?", "times": "always"}],
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


def scenario_schema() -> str:
    """Return the JSON Schema of scenario files, generated from the models, as indented JSON."""
    schema = Scenario.model_json_schema(by_alias=True)
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of the AINative gateway mock",
        **{key: value for key, value in schema.items() if key != "title"},
        "examples": [_EXAMPLE],
    }
    _short_forms(described)
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _short_forms(schema: dict[str, object]) -> None:
    """Add what the models accept or reject only in validators.

    Short forms are allowed: `reply: hi`, `text: hi`, `first: 300ms`. The names of faults and headers are restricted.
    """
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    for name, short in (("TextTest", "string"), ("CountTest", "integer"), ("ReplyBlock", "string")):
        definitions[name] = {"anyOf": [{"type": short}, definitions[name]]}
    fixed = definitions["Fixed"]
    definitions["Fixed"] = {"anyOf": [*fixed["properties"]["value"]["anyOf"], fixed]}
    properties = schema["properties"]
    assert isinstance(properties, dict)
    properties["seed"]["anyOf"].insert(0, {"type": "integer"})
    for name in ("Turn", "RawResponse"):
        definitions[name]["properties"]["headers"]["additionalProperties"] = False
    turn = definitions["Turn"]["properties"]
    turn["reply"] = {"anyOf": [{"$ref": "#/$defs/ReplyBlock"}, *turn["reply"]["anyOf"]], **_annotations(turn["reply"])}
    names = {"enum": sorted(FAULTS)}
    with_parameters = {
        "type": "object",
        "propertyNames": {"enum": [*names["enum"], "quirk"]},
        "properties": {"quirk": names},
        "minProperties": 1,
        "maxProperties": 1,
    }
    turn["faults"]["items"]["anyOf"] = [names, with_parameters]
    when = definitions["When"]["properties"]
    for key in ("operation", "model"):
        when[key] = {"anyOf": [{"type": "string"}, *when[key]["anyOf"]], **_annotations(when[key])}


def _annotations(schema: dict[str, object]) -> dict[str, object]:
    """Return the parts of a schema that say something about it, not about the value."""
    return {key: schema[key] for key in ("description", "default") if key in schema}


def first_scenario(name: str, schema_file: str) -> str:
    """Return the text of a small commented scenario. Raises `OperatorError` for an invalid name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise OperatorError(
            f"invalid scenario name '{name}'; expected lower-case letters, digits and dashes, such as my-scenario"
        )
    return _FIRST.format(name=name, schema=schema_file)
