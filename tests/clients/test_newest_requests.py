"""Requests that the newest official Python SDKs can make and no document names, sent by the SDKs themselves."""

import anthropic
import openai

from mockserver.testing.gateway import GatewaySession

SEARCH: anthropic.types.ServerToolUseBlockParam = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "weather"},
}


def test_anthropic_sends_messages_of_role_system_and_a_history_of_server_tools(gateway: GatewaySession) -> None:
    gateway.reply("It rains.", when={"system": {"contains": "brief"}})
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key) as client:
        message = client.messages.create(
            model="claude-sonnet-4.5",
            max_tokens=16_000,
            metadata={"user_id": "u" * 300},
            messages=[
                {"role": "user", "content": "What is the weather?"},
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "server_tool_use",
                            "id": "srvtoolu_1",
                            "name": "web_search",
                            "input": {"query": "weather"},
                        },
                        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                        {"type": "text", "text": "Let me see."},
                    ],
                },
                {"role": "user", "content": "And?"},
                {"role": "system", "content": "Be brief."},
            ],
        )
        [block] = message.content
        assert block.type == "text"
        assert block.text == "It rains."


def test_openai_calls_a_custom_tool_among_the_allowed_ones(gateway: GatewaySession) -> None:
    with openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.key) as client:
        gateway.turn(reply={"tool_use": {"name": "run", "input": {"input": "print(1)"}}})
        completion = client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Print one."}],
            tools=[{"type": "custom", "custom": {"name": "run"}}],
            tool_choice={
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "custom", "custom": {"name": "run"}}]},
            },
        )
        [call] = completion.choices[0].message.tool_calls or []
        assert call.type == "custom"
        assert (call.custom.name, call.custom.input) == ("run", "print(1)")


def test_anthropic_reads_the_models_page_by_page(gateway: GatewaySession) -> None:
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key) as client:
        ids = [model.id for model in client.models.list(limit=3)]
    assert len(ids) == len(set(ids)) == 20
    gateway.assert_called(times=7, method="GET")


def test_openai_reads_several_choices_with_log_probabilities(gateway: GatewaySession) -> None:
    gateway.reply("Yes.")
    with openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.key) as client:
        completion = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Yes?"}], n=2, logprobs=True, top_logprobs=2
        )
    assert [choice.message.content for choice in completion.choices] == ["Yes."] * 2
    for choice in completion.choices:
        assert choice.logprobs is not None
        [token] = choice.logprobs.content or []
        assert (token.token, len(token.top_logprobs)) == ("Yes.", 2)
