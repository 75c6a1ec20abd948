"""`mockserver mcp`: what it prints instead of serving, and one session over standard input and output."""

import asyncio
import sys
from io import StringIO

import pytest
from click.testing import CliRunner
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent

from mockserver.agents.resources import SKILL
from mockserver.agents.tools import AgentTools
from mockserver.cli.main import main
from mockserver.cli.mcp import mcp
from mockserver.control.client import ControlClient


def test_the_skill_is_printed_for_a_repository() -> None:
    assert CliRunner().invoke(main, ["mcp", "--print-skill"]).stdout == SKILL.read_text(encoding="utf-8")


def test_the_skill_names_only_tools_that_there_are() -> None:
    text = SKILL.read_text(encoding="utf-8")
    for tool in AgentTools(ControlClient("http://127.0.0.1", "token")).all():
        text = text.replace(f"`{tool.__name__}`", "")
    left = [word for word in ("`lint_", "`play_", "`set_", "`list_", "`read_", "`explain_", "`judge_") if word in text]
    assert left == []


def test_a_link_without_an_answer_is_one_line() -> None:
    result = CliRunner().invoke(main, ["mcp", "http://127.0.0.1:1/_mock/?token=a-token"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is `mockserver serve` running?" in result.stderr


class Terminal(StringIO):
    """Standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_is_told_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("mcp.server.MCPServer.run", lambda _: None)
    mcp.main([], standalone_mode=False)
    out, err = capsys.readouterr()
    assert (out, err.partition(" waits for ")[2]) == ("", "an agent on standard input (mockserver docs agents).\n")


@pytest.mark.process
def test_an_agent_starts_it_and_talks_over_its_standard_streams() -> None:
    async def session() -> str:
        program = StdioServerParameters(command=sys.executable, args=["-m", "mockserver", "mcp"])
        async with Client(program) as client:
            [content] = (await client.call_tool("describe_server", {})).content
            assert isinstance(content, TextContent)
            return content.text

    assert '"url": "http://127.0.0.1:' in asyncio.run(session())
