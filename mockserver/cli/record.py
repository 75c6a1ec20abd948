"""`mockserver record`: a proxy to a real gateway, which writes a scenario of what passes, until Ctrl-C."""

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver import __version__
from mockserver.cli.banner import exposure, sdk_settings
from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.output import Output
from mockserver.cli.upstream_options import allow_private as allow_private_option
from mockserver.cli.upstream_options import require_packages
from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from socket import socket

    from mockserver.recording.exchange import RecordedExchange
    from mockserver.recording.scenario import Recording
    from mockserver.upstream.address import UpstreamAddress
    from mockserver.upstream.recorder import Compose, Recorder, Written

UNKEPT = "its {{value.N}} are lost on recording, since no *.frames.jsonl beside it says what they stood for"

OPEN_TO_ALL = ", and your upstream through it"


EXAMPLES = {
    "mockserver record --upstream https://gateway.example": "write recording.yaml",
    "mockserver record --upstream https://gateway.example --out sessions/": "one file for each session",
}


@click.command(epilog=manual(EXAMPLES, "recording"))
@click.option("--upstream", required=True, metavar="URL", help="Gateway to record.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 chooses a free one.",
)
@click.option(
    "--out",
    default="recording.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="File (.yaml) to write, or folder for one file a session.",
)
@click.option("--again", is_flag=True, help="Compare with the recording in --out; name what differs in its requests.")
@allow_private_option
@click.option(
    "--redact", "patterns", multiple=True, metavar="PATTERN", help="Regular expression of a further secret; repeatable."
)
@click.option("--quiet", is_flag=True, help="Print no line for each request.")
@contract_options
@report_errors
def record(
    upstream: str,
    host: str,
    port: int,
    out: Path,
    again: bool,
    allow_private: bool,
    patterns: tuple[str, ...],
    quiet: bool,
    external: Path | None,
    extensions: tuple[str, ...],
) -> None:
    """Pass requests to a real gateway, and write a scenario of them, until Ctrl-C. Exit code 1 if a file is missing."""
    require_packages()
    from mockserver.server import uvicorn
    from mockserver.upstream.address import upstream_at
    from mockserver.upstream.passthrough import PassThrough
    from mockserver.upstream.recorder import Recorder, check, check_again, unkept_names

    compose, notices = _composer(patterns, external, extensions, again=again)
    address = upstream_at(upstream, allow_private=allow_private)
    check(out)
    if again:
        check_again(out)
    for file in unkept_names(out):
        click.echo(f"mockserver: {file}: {UNKEPT}", err=True)
    output = Output()
    with uvicorn.bind(host, port) as sock:
        if (sock.getsockname()[0], sock.getsockname()[1]) in [(own, address.port) for own in address.addresses]:
            raise OperatorError(f"--upstream: {address.url} is this recorder itself; choose another --port")
        recorder = Recorder(out, compose)
        app = PassThrough(address, _reporter(recorder, output, quiet=quiet))
        uvicorn.run(app, sock, ready=partial(_say_hello, sock, address, out, output, notices))
    if not _say_goodbye(recorder.close(), output):
        sys.exit(1)


def _composer(
    patterns: Sequence[str], external: Path | None, extensions: Sequence[str], *, again: bool
) -> "tuple[Compose, list[str]]":
    """Return what makes a scenario of exchanges, and lines to print at the start. Raises `OperatorError`."""
    from mockserver.recording.redaction import Redaction
    from mockserver.recording.scenario import recording_of
    from mockserver.scenarios.recorded import read_answers
    from mockserver.upstream.recorder import has_names, today

    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise OperatorError(f"--redact: '{pattern}' is not a regular expression: {error}") from None
    contract, notices = open_contract(external, extensions)
    on = today()

    def compose(exchanges: "Sequence[RecordedExchange]", name: str, before: "Recording") -> "Recording":
        return recording_of(
            exchanges,
            name,
            contract,
            on=on,
            redaction=Redaction(patterns),
            before=before.scenario,
            earlier=read_answers(before.frames.encode()) if again or has_names(before) else (),
        )

    return compose, notices


def _reporter(recorder: "Recorder", output: Output, *, quiet: bool) -> "Callable[[RecordedExchange, str], None]":
    """Return what records each exchange and prints its line."""
    numbers = count(1)

    def report(exchange: "RecordedExchange", skipped: str) -> None:
        skipped = skipped or recorder.add(exchange)
        if not quiet:
            output.line(line_of(next(numbers), exchange, skipped))

    return report


def line_of(number: int, exchange: "RecordedExchange", skipped: str) -> str:
    """Return number, status, request, how the answer ended if early, and why it is not recorded."""
    ended = "" if exchange.ended == "complete" else f"  {exchange.ended.replace('_', ' ')}"
    reason = f"  not recorded: {skipped}" if skipped else ""
    status = exchange.status or "---"
    request = f"{exchange.method} {exchange.path[:60]}"
    return f"{number:5}  {status}  {request:<32}{ended}{reason}".rstrip().encode("unicode_escape").decode("ascii")


def _say_hello(sock: "socket", address: "UpstreamAddress", out: Path, output: Output, notices: Sequence[str]) -> None:
    from mockserver.server.uvicorn import url_of

    url = url_of(sock)
    lines = [
        f"AINative gateway mock {__version__} listens on {url}",
        f"Recording {address.url} to {out}.",
        *exposure(sock, OPEN_TO_ALL),
        *address.warnings,
        *notices,
    ]
    settings = sdk_settings(url, "<your own key>")
    output.begin("\n".join([*lines, "Settings for a client:\n", settings, "Press Ctrl-C to stop."]))


def _say_goodbye(files: "Sequence[Written]", output: Output) -> bool:
    """Print what was written. Return whether every file was."""
    if not files:
        output.end("Stopped. Nothing was recorded.")
    for file in files:
        number = f"{file.exchanges} exchange{'s' if file.exchanges > 1 else ''}"
        if file.trouble:
            click.echo(f"mockserver: {file.path} is not up to date with {number}: {file.trouble}", err=True)
        else:
            output.end(f"Wrote {number} to {file.path}.")
    return not any(file.trouble for file in files)
