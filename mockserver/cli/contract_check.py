"""`mockserver contract URL`: the options, one run, its reports, and the exit code.

pytest and schemathesis read the same options, from the environment: `--exhausted-key` is GATE_EXHAUSTED_KEY, and so on
for every one. So the three ways to run the gate differ in nothing but who starts it.
"""

import datetime
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.errors import report_errors
from mockserver.core.errors import OperatorError
from mockserver.core.units import parse_duration

if TYPE_CHECKING:
    from mockserver.gate.runner import GateRun, RunSettings

EXTRA = "the contract gate needs more packages: pip install 'ainative-mockserver[gate]'"

LOCAL_KEY = "sk_gate_0123456789abcdef"
"""The key for a target on this machine, if none is given."""


def _duration(_: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """`300ms`, `5s`, `2m`, `1h`, or a number of seconds, and more than none."""
    try:
        seconds = None if value is None else parse_duration(float(value) if value.isdigit() else value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds == 0:
        raise click.BadParameter("it must be more than 0")
    return seconds


def need_gate() -> None:
    """One clear line in place of an ImportError."""
    if find_spec("urllib3") is None:
        raise OperatorError(EXTRA)


@click.command(context_settings={"auto_envvar_prefix": "GATE"})
@click.argument("url", envvar="GATEWAY_URL")
@click.option("--key", envvar="GATEWAY_KEY", help="The API key; better from GATEWAY_KEY.")
@click.option("--profile", type=click.Choice(["smoke", "paid", "full", "soak"]), help="Here: full; elsewhere: paid.")
@click.option("--seed", type=int, default=0, show_default=True, help="What generated requests come from.")
@click.option("--only", multiple=True, metavar="NAME|GROUP", help="Only these promises; * is a wildcard.")
@click.option("--exclude", multiple=True, metavar="NAME|GROUP", help="Not these promises.")
@click.option("--documented-only/--observed", help="Leave out what is only observed, in no document.")
@click.option("--model", help="The model to ask for, in place of the documents' examples.")
@click.option("--short-sse", is_flag=True, help="The target streams D1's short sequence on /v1/messages.")
@click.option("--latency", callback=_duration, metavar="5s", help="The longest that an answer may take to begin.")
@click.option("--time", callback=_duration, metavar="10m", help="The longest that the run may take.")
@click.option("--exhausted-key", help="The key of an account without credits.")
@click.option("--limited-key", help="A key whose rate window is used up after a few requests.")
@click.option("--failing-key", help="A key for which the gateway answers 500.")
@click.option("--loading-key", help="A key for which the model is loading.")
@click.option("--expired-token", help="A token that has expired.")
@click.option("--login", metavar="EMAIL:PASSWORD", help="A user who may be logged in and out; better from GATE_LOGIN.")
@click.option("--insecure", is_flag=True, help="Do not verify the TLS certificate.")
@click.option("--contract", type=click.Path(exists=True, dir_okay=False), help="Another openapi.yaml.")
@click.option("--json", type=click.Path(), metavar="FILE", help="Everything, for programs.")
@click.option("--junit", type=click.Path(), metavar="FILE", help="JUnit XML, for CI.")
@click.option("--html", type=click.Path(), metavar="FILE", help="One page, for people.")
@click.option("--sarif", type=click.Path(), metavar="FILE", help="SARIF, for code scanning.")
@click.option("--github", is_flag=True, envvar="GITHUB_ACTIONS", help="Annotations for GitHub Actions.")
@click.option("--baseline", type=click.Path(), metavar="FILE", help="Accepted deviations.")
@click.option("--write-baseline", is_flag=True, help="Write the --baseline file anew from this run.")
@click.option("--require", metavar="N%", help="Fail if less of the promises was examined.")
@click.option("--require-all", is_flag=True, help="Fail if any promise was not examined.")
@click.option("--quiet", is_flag=True, help="No progress.")
@report_errors
def check(**options: Any) -> None:
    """Run the promises against the gateway at URL. Exit code 0: kept, 1: broken, 2: could not run."""
    need_gate()
    from mockserver.gate.reports import code_hosts, html, machine, terminal

    run = _judged(options)
    for name, make in (
        ("json", machine.json_report),
        ("junit", machine.junit_report),
        ("html", html.html_report),
        ("sarif", code_hosts.sarif_report),
    ):
        if options[name]:
            _write(options[name], make(run))
    plain = False if os.environ.get("NO_COLOR") else None  # None: colours on a terminal only
    width = max(60, min(120, shutil.get_terminal_size((terminal.WIDTH, 24)).columns))
    for line in terminal.lines(run, width):
        click.echo(_painted(line), color=plain)
    if options["github"]:
        for line in code_hosts.annotations(run):
            click.echo(line)
    sys.exit(0 if run.passed else 1)


COLOURS = {"BROKEN ": "red", "No promise broken": "green", "Stopped early": "red"}


def _painted(line: str) -> str:
    """The few words that a glance looks for, in colour."""
    for words, colour in COLOURS.items():
        if line.startswith(words):
            return click.style(words, fg=colour, bold=True) + line.removeprefix(words)
    return line


def run_from(arguments: Sequence[str]) -> "GateRun":
    """A run for pytest and schemathesis: arguments as on a command line, all else from the environment."""
    need_gate()
    with check.make_context("contract", list(arguments)) as context:
        return _judged({**context.params, "quiet": True})


def rules_from(arguments: Sequence[str]) -> "tuple[RunSettings, set[str]]":
    """What such a run would be: its settings, and the promises whose deviation is accepted."""
    from mockserver.gate import baseline

    with check.make_context("contract", list(arguments)) as context:
        file = context.params["baseline"]
        return settings_of(context.params), {one.promise for one in (baseline.read(Path(file)) if file else ())}


def _judged(options: dict[str, Any]) -> "GateRun":
    """The run, with what the baseline and --require have to say."""
    from mockserver.gate import baseline

    needed = _percent(options["require"], all_of_them=options["require_all"])
    file = Path(options["baseline"]) if options["baseline"] else None
    if options["write_baseline"] and file is None:
        raise OperatorError("--write-baseline needs --baseline FILE")
    new = options["write_baseline"] and not (file and file.exists())
    accepted = baseline.read(file) if file and not new else []
    run = _run(settings_of(options), quiet=options["quiet"])
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if options["write_baseline"]:
        _write(options["baseline"], baseline.write(run.ledger, accepted, today).encode())
    else:
        run.complaints += [f"Baseline: {line}" for line in baseline.apply(run.ledger, accepted, today)]
    if run.ledger.coverage < needed:
        run.complaints.append(f"Coverage is {run.ledger.coverage:.1f} %; {needed:g} % are required.")
    return run


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


AIDS = {
    "exhausted": "exhausted_key",
    "empty": "exhausted_key",
    "limited": "limited_key",
    "failing": "failing_key",
    "loading": "loading_key",
    "expired": "expired_token",
    "login": "login",
    "user": "login",
}
"""An aid of the suite -> the option that gives it."""


def settings_of(options: dict[str, Any]) -> "RunSettings":
    """What the options say. Raises `OperatorError` for what no run can begin with."""
    from mockserver.files import bundled
    from mockserver.gate.client import base_url, is_loopback
    from mockserver.gate.profiles import PROFILES
    from mockserver.gate.runner import RunSettings

    url = base_url(options["url"])
    key = options["key"] or (LOCAL_KEY if is_loopback(url) else None)
    if key is None:
        raise OperatorError("a gateway that is not on this machine needs a key: give --key KEY or set GATEWAY_KEY")
    if options["login"] and ":" not in options["login"]:
        raise OperatorError("--login is EMAIL:PASSWORD")
    return RunSettings(
        url=url,
        profile=PROFILES[options["profile"] or ("full" if is_loopback(url) else "paid")],
        key=key,
        contract=Path(options["contract"] or bundled.OPENAPI),
        seed=options["seed"],
        only=options["only"],
        exclude=options["exclude"],
        documented_only=options["documented_only"],
        aids={aid: options[name] for aid, name in AIDS.items() if options[name]},
        model=options["model"],
        short_sse=options["short_sse"],
        latency=options["latency"],
        seconds=options["time"],
        verify=not options["insecure"],
    )


def _run(settings: "RunSettings", *, quiet: bool) -> "GateRun":
    from mockserver.gate.runner import Runner

    shown = not quiet and sys.stderr.isatty()
    if not quiet:
        profile = settings.profile
        click.echo(f"Examining {settings.url} ({profile.name}: {profile.about}; budget: {profile.budget})", err=True)

    def progress(words: str) -> None:
        if shown:
            click.echo(f"\r\x1b[K  {words} …", nl=False, err=True)

    try:
        return Runner(settings, progress=progress).run()
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)
