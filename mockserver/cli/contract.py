"""`mockserver contract`: does a gateway keep what its documents promise? And `diff`, `proxy`, `promises` beside it."""

import signal
import sys
from pathlib import Path

import click

from mockserver.cli.contract_check import check, need_gate
from mockserver.cli.errors import report_errors
from mockserver.core.errors import OperatorError


class ContractGroup(click.Group):
    """A group whose first argument may be a URL: `mockserver contract URL` is `mockserver contract check URL`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command as the target of `check`."""
        if args and args[0] not in self.commands:
            args = ["check", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options before the URL belong to `check` too."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = ["check", *args]
        return super().parse_args(ctx, args)


HELP = """Check a gateway, real or fake, against its documents.

\b
mockserver contract URL            run the promises against a gateway (--help: its options)
mockserver contract promises       list them
mockserver contract diff OLD NEW   is a changed openapi.yaml compatible?
mockserver contract proxy ...      judge real traffic on its way through
"""


@click.group(cls=ContractGroup, help=HELP)
def contract() -> None:
    """Check a gateway, real or fake, against its documents."""


contract.add_command(check)


@contract.command()
def promises() -> None:
    """List the promises: name, sentence, document and section."""
    from mockserver.contracts.promises import PROMISES

    group = ""
    for promise in PROMISES.values():
        if promise.group != group:
            group = promise.group
            click.echo(f"\n{group}")
        click.echo(f"  {promise.name:<22} {promise.sentence}  [{promise.source}]")


@contract.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--fail-on", type=click.Choice(["breaking", "risky"]), default="breaking", show_default=True)
@report_errors
def diff(old: Path, new: Path, as_json: bool, fail_on: str) -> None:
    """Say whether clients of the document OLD can live with NEW. Exit code 1 if not."""
    import orjson

    from mockserver.gate import contract_diff

    changes = contract_diff.compare(contract_diff.read(old), contract_diff.read(new))
    counts = {level: sum(change.level == level for change in changes) for level in contract_diff.LEVELS}
    if as_json:
        told = [{"level": one.level, "where": one.where, "what": one.what} for one in changes]
        click.echo(orjson.dumps({"counts": counts, "changes": told}, option=orjson.OPT_INDENT_2).decode())
    else:
        for change in changes:
            click.echo(change)
        said = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
        click.echo(said or "no change that a client could notice")
    bad = contract_diff.LEVELS[: contract_diff.LEVELS.index(fail_on) + 1]
    sys.exit(1 if any(counts[level] for level in bad) else 0)


@contract.command()
@click.option("--upstream", required=True, metavar="URL", help="The gateway behind the proxy.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--documented-only/--observed", help="Leave out what is only observed, in no document.")
@click.option("--short-sse", is_flag=True, help="The gateway streams D1's short sequence.")
@click.option("--insecure", is_flag=True, help="Do not verify the gateway's TLS certificate.")
@click.option(
    "--log", type=click.Path(path_type=Path), metavar="FILE", help="Append every violation as a line of JSON."
)
@report_errors
def proxy(
    upstream: str, host: str, port: int, documented_only: bool, short_sse: bool, insecure: bool, log: Path | None
) -> None:
    """Judge real traffic on its way to a gateway. Ctrl-C ends it with a summary; exit code 1 if anything broke."""
    need_gate()
    from mockserver.files import bundled
    from mockserver.gate import relay
    from mockserver.gate.client import base_url
    from mockserver.gate.proxy import CheckingProxy
    from mockserver.gate.proxy_log import teller

    base = base_url(upstream)
    tell = teller(base, click.echo, log)
    watcher = CheckingProxy(
        base, Path(bundled.OPENAPI), tell, documented_only=documented_only, short_sse=short_sse, verify=not insecure
    )
    try:
        if log is not None:
            log.open("ab").close()
    except OSError as error:
        raise OperatorError(f"{log}: cannot be written: {error.strerror}") from None
    try:
        listening = relay.server(watcher.respond, host, port)
    except OSError as error:
        raise OperatorError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    click.echo(f"Listening on http://{host}:{listening.server_address[1]}, judging {base}. Ctrl-C ends it.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a supervisor's end has its summary too
    try:
        listening.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        watcher.drain(5)
    finally:
        listening.server_close()
    broken = watcher.ledger.of("broken")
    for entry in broken:
        click.echo(f"{entry.broken:>5} x {entry.promise.name}  [{entry.promise.source}]")
    click.echo(f"{len(broken)} promises broken, {len(watcher.ledger.of('kept'))} kept.")
    sys.exit(1 if broken else 0)
