"""`mockserver ask`: what came back of a request that a real client would send."""

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.testing.gateway import GatewaySession

CALL = {"tool_use": {"name": "read_file", "input": {"path": "/tmp/a"}}}


def ask(gateway: GatewaySession, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["ask", gateway.url, "--key", gateway.key, *arguments])


@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["anthropic-node", "openai-python"])
def test_it_prints_the_parts_of_a_reply(gateway: GatewaySession, name: str, stream: list[str]) -> None:
    gateway.reply("One moment.", CALL, usage={"input": 1200, "output": 7})
    result = ask(gateway, "--as", name, "--tools", *stream)
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert lines[0].startswith(f"{name} (")
    assert lines[1].startswith("status  200, ")
    assert lines[2:4] == ["text    One moment.", 'call    read_file {"path": "/tmp/a"}']
    assert lines[4] in ("stop    tool_use", "stop    tool_calls")
    assert lines[5] in ("usage   1,200 in, 7 out", "usage   unknown in, unknown out")
    gateway.assert_called(times=1, tools=["read_file"], stream=bool(stream))


@pytest.mark.gateway(extensions="responses")
@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=["whole", "streamed"])
def test_it_reads_the_responses_api(gateway: GatewaySession, stream: list[str]) -> None:
    gateway.reply("One moment.", CALL)
    lines = ask(gateway, "--as", "openai-python-responses", "--tools", *stream).output.splitlines()
    assert lines[2:5] == ["text    One moment.", 'call    read_file {"path": "/tmp/a"}', "stop    completed"]


def test_it_prints_the_notes_of_the_mock(gateway: GatewaySession) -> None:
    assert "note    max_tokens: 64000 > 8192" in ask(gateway, "--as", "vercel-anthropic").output


def test_an_error_is_printed_as_it_came(gateway: GatewaySession) -> None:
    gateway.error(402)
    result = ask(gateway)
    assert result.exit_code == 1
    assert "status  402, application/json" in result.output
    assert '"insufficient_credits"' in result.output


def test_a_stream_that_breaks_off_is_no_reply(gateway: GatewaySession) -> None:
    gateway.reply("one two three").fault("close", at=4)
    result = ask(gateway, "--stream")
    assert result.exit_code == 1
    assert "ended   cut: " in result.output
    assert "stop    none came" in result.output


def test_a_gateway_that_is_not_there_is_reported() -> None:
    result = CliRunner().invoke(main, ["ask", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert "no answer: nothing listens there" in result.output


def test_it_lists_the_profiles_with_their_requests() -> None:
    listed = CliRunner().invoke(main, ["ask", "--list"]).output.splitlines()
    [line] = [line for line in listed if line.startswith("anthropic-python")]
    assert line.endswith(
        "tools, tool-results, tools-stream, tool-results-stream, structured, thinking, vision, threads"
    )


def test_a_request_that_the_client_does_not_send_names_those_that_it_sends() -> None:
    result = CliRunner().invoke(main, ["ask", "--as", "instructor-openai", "--tools"])
    assert result.exit_code == 2
    assert "instructor-openai has no request 'tools'; it has text, structured" in result.stderr
