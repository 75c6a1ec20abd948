"""`mockserver ask --as PROFILE URL`: one request to any gateway, as a real client sends it, and what came back."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.tail import plain

if TYPE_CHECKING:
    from mockserver.contracts.exchange import ReceivedResponse
    from mockserver.contracts.reply import ObservedReply
    from mockserver.files.client_profiles import ClientProfile, ProfileRequest

SUBJECTS = {
    "tools": "Offer a tool.",
    "tool-results": "Return the results of tool calls.",
    "structured": "Ask for an object by a JSON Schema.",
    "thinking": "Ask for thinking.",
    "vision": "Show a picture.",
    "threads": "Begin a conversation that the gateway keeps.",
}
"""What a request can be about -> the help of its option. Without one of them, it is the profile's first: a hello."""

LONGEST_BODY = 2_000
"""Characters of an error's body that are printed."""


def _subject_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each subject. They exclude each other: the last one counts."""
    for name, about in reversed(SUBJECTS.items()):
        command = click.option(f"--{name}", "subject", flag_value=name, help=about)(command)
    return command


EXAMPLES = {
    "mockserver ask": "say hello to the mock on port 8000",
    "mockserver ask --as openai-python --tools --stream": "a streamed tool call, as that SDK asks for it",
    "mockserver ask https://gateway.example --list": "which clients and requests there are",
}


@click.command(epilog=manual(EXAMPLES, "client-acts"))
@click.argument("url", envvar="GATEWAY_URL", default="http://127.0.0.1:8000")
@click.option("--as", "name", metavar="PROFILE", default="anthropic-python", show_default=True, help="The client.")
@click.option(
    "--key",
    envvar="GATEWAY_KEY",
    show_envvar=True,
    default="sk_test",
    help="API key; prefer the environment variable.",
)
@_subject_options
@click.option("--stream", is_flag=True, help="Ask for a stream.")
@click.option("--list", "as_list", is_flag=True, help="List the client profiles and their requests, and send nothing.")
@report_errors
def ask(url: str, name: str, key: str, subject: str | None, stream: bool, as_list: bool) -> None:
    """Ask the gateway at URL as a real client would, and print what came back.

    The requests were captured from the newest releases of the clients. Exit code 1 if the answer is not a reply.
    """
    if as_list:
        for line in _listing():
            click.echo(line)
        return
    from mockserver.contracts.reply import read_reply
    from mockserver.files.client_profiles import client_profile
    from mockserver.gate.packages import require_packages

    require_packages()
    profile = client_profile(name)
    parts = [part for part in (subject, "stream" if stream else None) if part]
    wanted = "-".join(parts) or next(iter(profile.requests))
    request = profile.request(wanted)
    click.echo(f"{profile.profile} ({profile.client}): {wanted}, POST {request.path}")
    response = _send(url, profile, request, key)
    reply = read_reply(profile.wire, response)
    for line in _lines(response, reply):
        click.echo(plain(line))
    sys.exit(0 if reply is not None and reply.stop else 1)


def _listing() -> Iterator[str]:
    """Yield a line for each profile."""
    from mockserver.files.client_profiles import client_profiles

    profiles = client_profiles()
    width = max(map(len, profiles))
    for profile in profiles.values():
        yield f"{profile.profile:<{width}}  {profile.client}: {', '.join(profile.requests)}"


def _send(url: str, profile: "ClientProfile", request: "ProfileRequest", key: str) -> "ReceivedResponse":
    """Return the gateway's answer to a request."""
    from mockserver.contracts.exchange import SentRequest
    from mockserver.gate.client import AnswerLimits, HttpClient

    client = HttpClient(url, AnswerLimits())
    try:
        body = json.dumps(request.body, ensure_ascii=False).encode()
        return client(SentRequest("POST", request.path, profile.headers_of(request, key), body))
    finally:
        client.close()


def _lines(response: "ReceivedResponse", reply: "ObservedReply | None") -> Iterator[str]:
    """Yield what came back, a line for each part."""
    from mockserver.accounts.model_access import NOTE

    if not response.status:
        yield f"no answer: {response.trouble}"
        return
    yield f"status  {response.status}, {response.media or 'no content type'}, {response.seconds:.2f} s"
    if response.ended != "complete":
        yield f"ended   {response.ended}: {response.trouble}"
    if reply is None:
        yield f"body    {response.body.decode(errors='replace')[:LONGEST_BODY]}"
    else:
        yield from [f"text    {reply.text}"] if reply.text else []
        yield from [f"call    {call.name} {json.dumps(call.arguments, ensure_ascii=False)}" for call in reply.calls]
        yield f"stop    {reply.stop or 'none came'}"
        yield f"usage   {_count(reply.input)} in, {_count(reply.output)} out"
    yield from [f"note    {value}" for name, value in response.headers if name == NOTE]


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"
