"""What the newest clients send and no document names: accepted, and refused by the profile `strict-requests`."""

import pytest
from pydantic import JsonValue

from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.files.chaos_file import load_profiles
from tests.support.dialects import Json
from tests.support.engine import CHAT, HELLO, MESSAGES, Talk, turns

SERVER_TOOL: JsonValue = [
    {"role": "user", "content": "What is the weather?"},
    {
        "role": "assistant",
        "content": [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
            {"type": "text", "text": "It rains."},
        ],
    },
    {"role": "user", "content": "Thanks."},
]
TOOL_REFERENCE: JsonValue = [
    *HELLO,
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}]},
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [{"type": "tool_reference", "tool_name": "read"}],
            }
        ],
    },
]
FUNCTIONS: JsonValue = [{"type": "function", "function": {"name": name}} for name in ("a", "b")]
ALLOWED_B: JsonValue = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "b"}}]},
}
CUSTOM: JsonValue = [{"type": "custom", "custom": {"name": "run", "description": "Runs a program."}}]

REFUSED_WHERE_STRICT: dict[str, tuple[str, Json]] = {
    "a message of role system": (MESSAGES, {"messages": [*HELLO, {"role": "system", "content": "Be brief."}]}),
    "blocks of a server's tools": (MESSAGES, {"messages": SERVER_TOOL}),
    "an MCP toolset": (MESSAGES, {"tools": [{"type": "mcp_toolset", "mcp_server_name": "files"}]}),
    "a browser toolset": (MESSAGES, {"tools": [{"type": "browser_toolset_20260801"}]}),
    "a long user_id": (MESSAGES, {"metadata": {"user_id": "u" * 300}}),
    "custom tools": (CHAT, {"tools": CUSTOM}),
    "allowed tools": (CHAT, {"tools": FUNCTIONS, "tool_choice": ALLOWED_B}),
}
ACCEPTED: dict[str, tuple[str, Json]] = {
    **REFUSED_WHERE_STRICT,
    "a tool reference": (MESSAGES, {"messages": TOOL_REFERENCE}),
    "thinking without a budget": (MESSAGES, {"thinking": {"type": "enabled"}}),
    "no tool choice": (MESSAGES, {"tool_choice": None}),
    "nulls for what is not set": (CHAT, {"user": None, "tool_choice": None, "parallel_tool_calls": None}),
}


@pytest.mark.parametrize(("path", "fields"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_newest_clients_send_is_answered(path: str, fields: Json) -> None:
    assert Talk().say(path, **fields).status == 200


@pytest.mark.parametrize(("path", "fields"), REFUSED_WHERE_STRICT.values(), ids=REFUSED_WHERE_STRICT)
def test_the_profile_strict_requests_plays_a_gateway_that_refuses_it(path: str, fields: Json) -> None:
    profiles, _ = load_profiles()
    talk = Talk()
    talk.engine = talk.engine.with_chaos(ChaosSettings(profiles, "strict-requests"))
    assert talk.say(path).status == 200
    assert talk.say(path, **fields).status == 400


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_message_of_role_system_is_read_like_system(path: str) -> None:
    played = turns("  - {when: {system: {contains: brief}, text: Hello}, reply: brief}\n")
    messages: JsonValue = [*HELLO, {"role": "system", "content": "Be brief."}]
    assert Talk(played).say(path, messages).text == "brief"


def test_a_refusal_counts_the_messages_of_role_system() -> None:
    result: JsonValue = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]}
    messages: JsonValue = [{"role": "system", "content": "Be brief."}, *HELLO, result]
    assert Talk().say(MESSAGES, messages).at("error", "param") == "messages.2.content.0"


def test_messages_of_role_system_alone_are_refused() -> None:
    assert Talk().say(MESSAGES, [{"role": "system", "content": "Be brief."}]).status == 400


def test_a_toolset_offers_no_tool_that_could_be_called() -> None:
    tools: JsonValue = [
        {"type": "mcp_toolset", "mcp_server_name": "files"},
        {"name": "read", "input_schema": {"type": "object"}},
    ]
    assert Talk().say(MESSAGES, tools=tools, tool_choice={"type": "any"}).calls == ["read{}"]


def test_one_of_the_allowed_tools_is_called_where_a_call_is_required() -> None:
    assert Talk().say(CHAT, tools=FUNCTIONS, tool_choice=ALLOWED_B).calls == ["b{}"]
    optional: JsonValue = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    assert Talk().say(CHAT, tools=FUNCTIONS, tool_choice=optional).calls == []


@pytest.mark.parametrize("choice", ["required", {"type": "custom", "custom": {"name": "run"}}])
def test_a_custom_tool_is_called_with_free_text(choice: JsonValue) -> None:
    message: Json = Talk().say(CHAT, tools=CUSTOM, tool_choice=choice).json["choices"][0]["message"]  # type: ignore[index, call-overload, assignment]  # JSON
    [call] = message["tool_calls"]
    assert (call["type"], call["custom"]["name"], type(call["custom"]["input"])) == ("custom", "run", str)


def test_the_text_of_a_custom_call_is_scripted_as_its_input_and_streamed_in_pieces() -> None:
    talk = Talk(turns("  - {reply: {tool_use: {name: run, input: {input: print(1) + 2}}}, times: always}\n"))
    events: list[Json] = [dict(event) for event in talk.say(CHAT, tools=CUSTOM, stream=True).events]
    deltas = [call for event in events for call in event["choices"][0]["delta"].get("tool_calls", ())]
    assert (deltas[0]["type"], deltas[0]["custom"]) == ("custom", {"name": "run", "input": ""})
    assert "".join([delta["custom"]["input"] for delta in deltas]) == "print(1) + 2"


def test_a_custom_call_in_the_history_pairs_with_its_result() -> None:
    call: JsonValue = {"id": "call_1", "type": "custom", "custom": {"name": "run", "input": "print(1)"}}
    messages: JsonValue = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
    ]
    played = turns("  - {when: {last: tool_result}, reply: '{{tool_result}}'}\n")
    assert Talk(played).say(CHAT, messages, tools=CUSTOM).text == "1"
