"""Replies that fit any client: `default: true`, and a tool call without a name."""

import jsonschema_rs
import orjson
import pytest
from pydantic import JsonValue

from mockserver.engine.reply import NO_TOOL
from tests.support.dialects import DIALECTS, Dialect, Json
from tests.support.engine import Talk, turns

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])

DEFAULT = "- reply: [{default: true}]\n  times: always"
ANY_TOOL = "- reply: [{tool_use: {}}]\n  times: always"
WEATHER: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@BOTH
def test_the_default_block_is_a_text_for_a_client_that_asks_for_nothing_else(dialect: Dialect) -> None:
    assert dialect.whole(Talk(turns(DEFAULT)).say(dialect.path)).text


@BOTH
def test_the_default_block_is_json_for_a_client_that_asks_for_json(dialect: Dialect) -> None:
    said = dialect.whole(Talk(turns(DEFAULT)).say(dialect.path, **dialect.asks_for(WEATHER)))
    jsonschema_rs.validate(WEATHER, orjson.loads(said.text))


@BOTH
def test_the_default_block_calls_a_tool_that_the_client_demands(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("read", {"type": "object"}), dialect.tool("write", {"type": "object"})]
    asked = {"tools": tools, "tool_choice": dialect.forced("write")}
    assert dialect.whole(Talk(turns(DEFAULT)).say(dialect.path, **asked)).calls == [("write", {})]
    assert dialect.whole(Talk(turns(ANY_TOOL)).say(dialect.path, **asked)).calls == [("write", {})]


@BOTH
def test_a_call_without_a_name_is_of_the_first_tool_with_arguments_of_its_schema(dialect: Dialect) -> None:
    tools: JsonValue = [dialect.tool("weather", WEATHER), dialect.tool("write", {"type": "object"})]
    [(name, arguments)] = dialect.whole(Talk(turns(ANY_TOOL)).say(dialect.path, tools=tools)).calls
    assert name == "weather"
    jsonschema_rs.validate(WEATHER, arguments)


@BOTH
def test_a_call_without_a_name_is_made_where_no_tool_is_offered(dialect: Dialect) -> None:
    assert dialect.whole(Talk(turns(ANY_TOOL)).say(dialect.path)).calls == [(NO_TOOL, {})]
