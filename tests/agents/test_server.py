"""`mockserver mcp` as an agent sees it: the SDK's own client, in this process, over a gateway with a socket."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError
from mcp_types import TextContent, TextResourceContents

from mockserver.agents import server
from mockserver.agents.tools import AgentTools
from mockserver.control.client import ControlClient
from mockserver.core.errors import OperatorError
from mockserver.faults import FAULTS
from mockserver.files import bundled

SCENARIO = "scenario: mine\nturns:\n  - when: {text: hello}\n    reply: Hello from the agent.\n    times: always\n"
BAD = "scenario: bad\nturns:\n  - replly: hi\n"


class Agent:
    """An agent: each call is a session of its own with the server."""

    def __init__(self, client: ControlClient) -> None:
        self.server = server.build(client)
        self.url = client.url

    def call(self, tool: str, **arguments: object) -> Any:  # Any: JSON of the control API
        """Return what a tool answers. Raise `RuntimeError` with its message if it is an error."""

        async def calling() -> tuple[bool, str]:
            async with Client(self.server) as client:
                result = await client.call_tool(tool, arguments)
                return bool(result.is_error), "\n".join(
                    [part.text for part in result.content if isinstance(part, TextContent)]
                )

        is_error, text = asyncio.run(calling())
        if is_error:
            raise RuntimeError(text)
        try:
            return json.loads(text)
        except ValueError:
            return text

    def read(self, uri: str) -> str:
        """Return the text of a resource, or the message of the error."""

        async def reading() -> str:
            async with Client(self.server) as client:
                try:
                    [content] = (await client.read_resource(uri)).contents
                except MCPError as error:
                    return str(error)
                assert isinstance(content, TextResourceContents)
                return content.text

        return asyncio.run(reading())

    def ask(self, text: str, key: str = "sk_test") -> httpx.Response:
        """Send a request as the program under test would."""
        body = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
        return httpx.post(f"{self.url}/v1/messages", json=body, headers={"x-api-key": key}, trust_env=False)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Agent]:
    with server.own_gateway("127.0.0.1", 0) as link:
        yield Agent(ControlClient(link))


@pytest.fixture
def agent(gateway: Agent) -> Agent:
    gateway.call("reset")
    return gateway


def test_an_agent_writes_a_scenario_plays_it_and_sees_what_came(agent: Agent) -> None:
    assert agent.call("lint_scenario", yaml=SCENARIO) == {"name": "mine", "problems": []}
    assert agent.call("play_new_scenario", yaml=SCENARIO) == "'mine' plays from its first turn, for all sessions."
    assert agent.call("describe_server")["plays"]["scenario"] == "mine"
    assert agent.ask("hello").json()["content"][0]["text"] == "Hello from the agent."
    [*_, last] = agent.call("list_requests")
    assert (last["scenario"], last["turn"], last["said"]) == ("mine", 1, "user 'hello'")
    assert agent.call("read_request", number=last["number"])["number"] == last["number"]
    assert agent.call("verify_requests", when={"text": "hello"}, after=last["number"] - 1, times=1)["ok"] is True
    assert agent.call("judge_client", after=last["number"] - 1)["findings"] == []
    assert "from the agent" in agent.call("copy_request", number=last["number"], kind="scenario")


def test_an_agent_learns_why_no_turn_matches(agent: Agent) -> None:
    agent.call("play_new_scenario", yaml=SCENARIO)
    assert agent.ask("goodbye").status_code == 404
    [*_, last] = agent.call("list_requests")
    explained = agent.call("explain_request", number=last["number"], scenario="mine")
    assert explained.startswith("No turn of 'mine' matches this messages request")
    body = '{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}'
    assert agent.call("explain_request", request=body, yaml=SCENARIO).startswith("Turn 1 of 'mine' answers")


def test_an_agent_makes_the_next_answer_fail(agent: Agent) -> None:
    agent.call("set_next_answer", turn={"error": {"status": 429, "retry_after": 2}})
    assert [agent.ask("hi").status_code for _ in range(2)] == [429, 200]
    agent.call("set_faults", faults=["gzip"], when={"text": "hi"})
    assert [agent.ask("hi").headers.get("content-encoding") for _ in range(2)] == ["gzip", None]
    agent.call("set_next_answer", turn={"error": {"status": 402}}, times="always")
    assert agent.call("reset") == "Everything is as at the start, for all sessions."
    assert agent.ask("hi").status_code == 200


def test_an_agent_steers_one_session_alone(agent: Agent) -> None:
    agent.ask("hi", "sk_alone")
    session = agent.call("list_requests")[-1]["session"]
    agent.call("play_scenario", name="greeting", session=session)
    assert agent.ask("hi", "sk_alone").json()["content"][0]["text"].startswith("Hello")
    assert agent.call("list_requests", session=session, limit=1)[0]["scenario"] == "greeting"
    assert agent.call("reset", session=session) == f"Everything is as at the start, for session {session}."
    agent.call("play_scenario", name="none", session=session)


def test_faults_are_listed_and_described(agent: Agent) -> None:
    assert [fault["name"] for fault in agent.call("list_faults")] == list(FAULTS)
    assert agent.call("list_faults", name="reset")["parameters"][0]["name"] == "at"


MISTAKES: dict[str, tuple[str, dict[str, object], str]] = {
    "a scenario with a mistake": ("play_new_scenario", {"yaml": BAD}, "3:5: turns[0].replly: unknown key"),
    "a missing argument": ("play_scenario", {}, "name\n  Field required"),
    "an unknown scenario": ("play_scenario", {"name": "greting"}, "did you mean 'greeting'?"),
    "an unknown fault": ("list_faults", {"name": "rest"}, "did you mean 'reset'?"),
    "a turn with a mistake": ("set_next_answer", {"turn": {"replly": "hi"}}, "did you mean 'reply'?"),
    "an unknown request": ("read_request", {"number": 99_999}, "there is no exchange 99999"),
    "neither number nor request": ("explain_request", {}, "pass either number (from list_requests) or request"),
    "no scenario to explain": ("explain_request", {"request": "{}"}, "list_scenarios has the names"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_is_an_error_with_its_remedy(agent: Agent, name: str) -> None:
    tool, arguments, words = MISTAKES[name]
    with pytest.raises(RuntimeError) as error:
        agent.call(tool, **arguments)
    assert words in str(error.value)


def test_a_gateway_that_is_gone_is_an_error_with_its_remedy() -> None:
    with server.own_gateway("127.0.0.1", 0) as link:
        client = ControlClient(link)
    with pytest.raises(RuntimeError, match="is `mockserver serve` running"):
        Agent(client).call("list_scenarios")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mockserver://docs/scenarios", "# The scenario language"),
        ("mockserver://docs/extending/fault", "# Adding a fault"),
        ("mockserver://docs", "mockserver://docs/faults  Faults"),
        ("mockserver://schema", '"$schema"'),
        ("mockserver://scenarios", "mockserver://scenarios/greeting  A greeting to every message."),
        ("mockserver://scenarios/greeting", "scenario: greeting"),
        ("mockserver://skill", "name: ainative-mockserver"),
    ],
)
def test_an_agent_reads_the_documentation(gateway: Agent, uri: str, words: str) -> None:
    assert words in gateway.read(uri)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mockserver://docs/fault", "no page is called 'fault'; did you mean 'faults'?"),
        ("mockserver://scenarios/greting", "no shipped scenario is called 'greting'; did you mean 'greeting'?"),
    ],
)
def test_an_unknown_page_is_an_error_with_the_nearest_name(gateway: Agent, uri: str, words: str) -> None:
    assert words in gateway.read(uri)


def test_every_tool_parameter_and_prompt_is_described(gateway: Agent) -> None:
    async def listing() -> tuple[dict[str, Any], set[str]]:
        async with Client(gateway.server) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            return tools, {prompt.name for prompt in (await client.list_prompts()).prompts}

    tools, prompts = asyncio.run(listing())
    assert list(tools) == [tool.__name__ for tool in AgentTools(ControlClient(gateway.url, "token")).all()]
    assert all(tool.description for tool in tools.values())
    assert {name for name, tool in tools.items() if not tool.annotations.read_only_hint} == {
        "play_scenario",
        "play_new_scenario",
        "set_next_answer",
        "set_faults",
        "reset",
    }
    assert prompts == {"write_scenario", "debug_client"}


@pytest.mark.parametrize(
    ("prompt", "arguments", "words"),
    [
        ("write_scenario", {"behaviour": "it greets"}, ("it greets", "lint_scenario")),
        ("debug_client", {"problem": "it hangs"}, ("it hangs", "judge_client")),
        ("debug_client", {}, ("it fails",)),
    ],
)
def test_a_prompt_names_the_tools_to_use(
    gateway: Agent, prompt: str, arguments: dict[str, str], words: tuple[str, ...]
) -> None:
    async def prompting() -> str:
        async with Client(gateway.server) as client:
            [message] = (await client.get_prompt(prompt, arguments)).messages
            assert isinstance(message.content, TextContent)
            return message.content.text

    text = asyncio.run(prompting())
    assert [word for word in words if word not in text] == []


def test_the_shipped_scenarios_are_all_listed(gateway: Agent) -> None:
    listed = gateway.read("mockserver://scenarios").splitlines()
    assert len(listed) == len(list(bundled.SCENARIOS.glob("*.yaml")))


def test_without_the_sdk_the_command_to_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    with pytest.raises(OperatorError, match=r"pip install 'ainative-mockserver\[mcp\]'"):
        server.require_packages()
