"""`mockserver contract`: does a gateway keep what its documents promise? And `diff`, `proxy`, `promises` beside it."""

import datetime
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.commands.errors import honest
from mockserver.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.gate.runner import Run, Settings

EXTRA = "the contract gate needs more packages: pip install 'ainative-mockserver[gate]'"


class Gate(click.Group):
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


@click.group(cls=Gate)
def contract() -> None:
    r"""Check a gateway, real or fake, against its documents.

    \b
    mockserver contract URL            run the promises against a gateway
    mockserver contract promises       list them
    mockserver contract diff OLD NEW   is a changed openapi.yaml compatible?
    mockserver contract proxy ...      judge real traffic on its way through
    """


def _need_gate() -> None:
    """One clear line in place of an ImportError."""
    from importlib.util import find_spec

    if find_spec("urllib3") is None:
        raise OperatorError(EXTRA)


@contract.command()
@click.argument("url")
@click.option("--key", envvar="GATEWAY_KEY", help="The API key; also from GATEWAY_KEY.")
@click.option("--profile", type=click.Choice(["smoke", "paid", "full", "soak"]), help="Here: full; elsewhere: paid.")
@click.option("--seed", type=int, default=0, show_default=True, help="What generated requests come from.")
@click.option("--only", multiple=True, metavar="NAME|GROUP", help="Only these promises; * is a wildcard.")
@click.option("--exclude", multiple=True, metavar="NAME|GROUP", help="Not these promises.")
@click.option("--documented-only/--observed", help="Leave out what is only observed, in no document.")
@click.option("--model", help="The model to ask for, in place of the documents' examples.")
@click.option("--short-sse", is_flag=True, help="The target streams D1's short sequence on /v1/messages.")
@click.option("--time", "latency", type=float, metavar="SECONDS", help="The longest that an answer may take to begin.")
@click.option("--exhausted-key", help="The key of an account without credits.")
@click.option("--limited-key", help="A key whose rate window is used up after a few requests.")
@click.option("--failing-key", help="A key for which the gateway answers 500.")
@click.option("--loading-key", help="A key for which the model is loading.")
@click.option("--expired-token", help="A token that has expired.")
@click.option("--login", metavar="EMAIL:PASSWORD", help="A user who may be logged in and out.")
@click.option("--insecure", is_flag=True, help="Do not verify the TLS certificate.")
@click.option("--contract", "document", type=click.Path(exists=True, dir_okay=False), help="Another openapi.yaml.")
@click.option("--json", "json_file", type=click.Path(), metavar="FILE", help="Everything, for programs.")
@click.option("--junit", "junit_file", type=click.Path(), metavar="FILE", help="JUnit XML, for CI.")
@click.option("--html", "html_file", type=click.Path(), metavar="FILE", help="One page, for people.")
@click.option("--sarif", "sarif_file", type=click.Path(), metavar="FILE", help="SARIF, for code scanning.")
@click.option("--github", is_flag=True, envvar="GITHUB_ACTIONS", help="Annotations for GitHub Actions.")
@click.option("--baseline", type=click.Path(), metavar="FILE", help="Accepted deviations.")
@click.option("--write-baseline", is_flag=True, help="Write the --baseline file anew from this run.")
@click.option("--require", metavar="N%", help="Fail if less of the promises was examined.")
@click.option("--require-all", is_flag=True, help="Fail if any promise was not examined.")
@click.option("--quiet", is_flag=True, help="No progress.")
@honest
def check(url: str, **options: Any) -> None:
    """Run the promises against the gateway at URL. Exit code 0: kept, 1: broken, 2: could not run."""
    _need_gate()
    from mockserver.gate import baseline
    from mockserver.gate.reports import machine, page, terminal

    needed = _percent(options["require"], all_of_them=options["require_all"])
    accepted = []
    if options["baseline"] and not options["write_baseline"]:
        accepted = baseline.read(Path(options["baseline"]))
    run = _run(_settings(url, options), quiet=options["quiet"])
    today = datetime.datetime.now(tz=datetime.UTC).date()
    stale = baseline.apply(run.ledger, accepted, today)
    if options["write_baseline"]:
        if not options["baseline"]:
            raise OperatorError("--write-baseline needs --baseline FILE")
        _write(options["baseline"], baseline.write(run.ledger, today).encode())
    makers = (
        ("json_file", machine.json_report),
        ("junit_file", machine.junit_report),
        ("html_file", page.html_report),
        ("sarif_file", machine.sarif_report),
    )
    for name, make in makers:
        if options[name]:
            _write(options[name], make(run))
    for line in terminal.lines(run):
        click.echo(line)
    for line in stale:
        click.echo(f"Baseline: {line}")
    if options["github"]:
        for line in terminal.annotations(run):
            click.echo(line)
    short = run.ledger.coverage < needed
    if short:
        click.echo(f"Coverage is {run.ledger.coverage:.1f} %; {needed:g} % are required.")
    sys.exit(1 if run.ledger.of("broken") or stale or short or run.stopped else 0)


def _write(file: str, content: bytes) -> None:
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise OperatorError(f"{file}: cannot be written: {error.strerror}") from None


def _percent(text: str | None, *, all_of_them: bool) -> float:
    if all_of_them:
        return 100.0
    try:
        found = float((text or "0").rstrip("% "))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise OperatorError(f"--require {text}: give a percentage, such as 90%")
    return found


def _settings(url: str, options: dict[str, Any]) -> "Settings":
    from mockserver import shipped
    from mockserver.gate.client import base_url, is_loopback
    from mockserver.gate.profiles import PROFILES
    from mockserver.gate.runner import Settings
    from mockserver.gate.testing import LOCAL_KEY

    url = base_url(url)
    profile = PROFILES[options["profile"] or ("full" if is_loopback(url) else "paid")]
    key = options["key"] or (LOCAL_KEY if is_loopback(url) else None)
    if key is None:
        raise OperatorError("a gateway that is not on this machine needs a key: give --key KEY or set GATEWAY_KEY")
    given = {
        "exhausted": options["exhausted_key"],
        "empty": options["exhausted_key"],
        "limited": options["limited_key"],
        "failing": options["failing_key"],
        "loading": options["loading_key"],
        "expired": options["expired_token"],
        "login": options["login"],
        "user": options["login"],
    }
    return Settings(
        url=url,
        profile=profile,
        key=key,
        contract=Path(options["document"] or shipped.OPENAPI),
        seed=options["seed"],
        only=options["only"],
        exclude=options["exclude"],
        documented_only=options["documented_only"],
        aids={name: value for name, value in given.items() if value},
        model=options["model"],
        short_sse=options["short_sse"],
        latency=options["latency"],
        verify=not options["insecure"],
    )


def _run(settings: "Settings", *, quiet: bool) -> "Run":
    from mockserver.gate.runner import Runner

    shown = not quiet and sys.stderr.isatty()
    if not quiet:
        profile = settings.profile
        click.echo(f"Examining {settings.url} ({profile.name}: {profile.about}; budget: {profile.budget})", err=True)

    def progress(name: str) -> None:
        if shown:
            click.echo(f"\r\x1b[K  {name.replace('_', ' ')} …", nl=False, err=True)

    try:
        return Runner(settings, progress=progress).run()
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)


@contract.command()
def promises() -> None:
    """List the promises: name, sentence, document and section."""
    from contracts.promises import PROMISES

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
@honest
def diff(old: Path, new: Path, as_json: bool, fail_on: str) -> None:
    """Say whether clients of the document OLD can live with NEW. Exit code 1 if not."""
    import orjson

    from mockserver.gate import compare

    changes = compare.compare(compare.read(old), compare.read(new))
    counts = {level: sum(change.level == level for change in changes) for level in compare.LEVELS}
    if as_json:
        told = [{"level": one.level, "where": one.where, "what": one.what} for one in changes]
        click.echo(orjson.dumps({"counts": counts, "changes": told}, option=orjson.OPT_INDENT_2).decode())
    else:
        for change in changes:
            click.echo(change)
        said = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
        click.echo(said or "no change that a client could notice")
    bad = compare.LEVELS[: compare.LEVELS.index(fail_on) + 1]
    sys.exit(1 if any(counts[level] for level in bad) else 0)


@contract.command()
@click.option("--upstream", required=True, metavar="URL", help="The gateway behind the proxy.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--documented-only/--observed", help="Leave out what is only observed, in no document.")
@click.option("--short-sse", is_flag=True, help="The gateway streams D1's short sequence.")
@click.option("--log", type=click.Path(), metavar="FILE", help="Append every violation as a line of JSON.")
@honest
def proxy(upstream: str, host: str, port: int, documented_only: bool, short_sse: bool, log: str | None) -> None:
    """Judge real traffic on its way to a gateway. Ctrl-C ends it with a summary; exit code 1 if anything broke."""
    _need_gate()
    from mockserver import shipped
    from mockserver.gate import relay
    from mockserver.gate.client import base_url
    from mockserver.gate.passing import teller
    from mockserver.gate.proxy import Watcher

    base = base_url(upstream)
    tell = teller(base, click.echo, Path(log) if log else None)
    watcher = Watcher(base, Path(shipped.OPENAPI), tell, documented_only=documented_only, short_sse=short_sse)
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
