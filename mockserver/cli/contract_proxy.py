"""`mockserver contract proxy`: checks real traffic on its way to a gateway."""

import signal
import sys
from pathlib import Path

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError
from mockserver.gate.packages import require_packages

EXAMPLES = {
    "mockserver contract proxy --upstream https://gateway.example": "point your client at port 8001",
}


@click.command(epilog=manual(EXAMPLES, "contract-gate"))
@click.option("--upstream", required=True, metavar="URL", help="Gateway behind the proxy.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 chooses a free one."
)
@click.option("--documented-only/--observed", help="Leave out what no document says and was only observed.")
@click.option("--short-sse", is_flag=True, help="Expect the short event sequence of document D1 on /v1/messages.")
@click.option("--insecure", is_flag=True, help="Do not verify the gateway's TLS certificate.")
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Append each broken promise to FILE as a line of JSON.",
)
@report_errors
def proxy(
    upstream: str, host: str, port: int, documented_only: bool, short_sse: bool, insecure: bool, log: Path | None
) -> None:
    """Check real traffic on its way to a gateway, until Ctrl-C. Exit code 1 if a promise was broken."""
    require_packages()
    from mockserver.files import bundled
    from mockserver.gate import relay
    from mockserver.gate.client import base_url
    from mockserver.gate.proxy import CheckingProxy
    from mockserver.gate.proxy_log import proxy_log
    from mockserver.server.uvicorn import cannot_listen

    base = base_url(upstream)
    report = proxy_log(base, click.echo, log)
    proxy_server = CheckingProxy(
        base, Path(bundled.OPENAPI), report, documented_only=documented_only, short_sse=short_sse, verify=not insecure
    )
    try:
        if log is not None:
            log.open("ab").close()
    except OSError as error:
        raise OperatorError(f"{log}: cannot be written: {error.strerror}") from None
    try:
        listening = relay.server(proxy_server.respond, host, port)
    except OSError as error:
        raise cannot_listen(host, port, error) from None
    click.echo(f"Listening on http://{host}:{listening.server_address[1]}, checking {base}. Press Ctrl-C to stop.")
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # a supervisor stops it with SIGTERM, and gets the summary too
    try:
        listening.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        proxy_server.drain(5)
    finally:
        listening.server_close()
    broken = proxy_server.results.of("broken")
    for entry in broken:
        click.echo(f"{entry.broken:>5} x {entry.promise.name}  [{entry.promise.source}]")
    click.echo(f"{len(broken)} promises broken, {len(proxy_server.results.of('kept'))} kept.")
    sys.exit(1 if broken else 0)
