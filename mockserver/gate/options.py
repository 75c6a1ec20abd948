"""The options of a gate run: declared once for the command line, for pytest and for schemathesis.

The command line passes them as arguments. pytest and schemathesis read the same options from the environment:
`--exhausted-key` is GATE_EXHAUSTED_KEY, and so on for every one. This module imports nothing that only the gate needs,
because `mockserver --help` reads it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.core.errors import OperatorError
from mockserver.core.units import parse_duration
from mockserver.gate.reports import FORMATS

if TYPE_CHECKING:
    from mockserver.gate.discovery import Dialect
    from mockserver.gate.runner import RunSettings

LOCAL_KEY = "sk_gate_0123456789abcdef"
"""The API key for a target on this machine, unless the operator gives one."""

CONTEXT = {"auto_envvar_prefix": "GATE"}
"""What a click command needs, beside `PARAMETERS`, to read its options from the environment."""


def _duration(_: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of `300ms`, `5s`, `2m`, `1h`, or of a plain number of seconds."""
    try:
        seconds = None if value is None else parse_duration(float(value) if value.isdigit() else value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds == 0:
        raise click.BadParameter("must be more than 0")
    return seconds


class _Lines(click.types.StringParamType):
    """A text that may have spaces: several in the environment come one a line."""

    envvar_list_splitter = "\n"


def _option(name: str, help: str, **more: Any) -> click.Option:
    return click.Option([f"--{name}"], help=help, show_envvar=True, **more)


def _flag(name: str, help: str, **more: Any) -> click.Option:
    return _option(name, help, is_flag=True, **more)


def _pattern(name: str, help: str) -> click.Option:
    return _option(name, help, multiple=True, metavar="NAME|GROUP")


PARAMETERS: tuple[click.Parameter, ...] = (
    click.Argument(["url"], envvar="GATEWAY_URL"),
    _option("key", "API key of the gateway; prefer the environment variable GATEWAY_KEY.", envvar="GATEWAY_KEY"),
    _option(
        "profile",
        "How much to run. Default: full for a target on this machine, else paid.",
        type=click.Choice(["smoke", "paid", "full", "soak"]),
    ),
    _option("seed", "Seed for generated requests.", type=int, default=0, show_default=True),
    _pattern("only", "Examine only these promises; * is a wildcard."),
    _pattern("exclude", "Leave out these promises; * is a wildcard."),
    _flag("documented-only/--observed", "Leave out what no document says and was only observed."),
    _option("model", "Model to request instead of the documents' examples."),
    _option(
        "dialect",
        "Hold any gateway to the rules of a wire, without the documents.",
        type=click.Choice(["openai", "anthropic", "both"]),
    ),
    _flag("short-sse", "Expect the short event sequence of document D1 on /v1/messages."),
    _option("latency", "Longest time until an answer begins.", callback=_duration, metavar="5s"),
    _option("time", "Longest duration of the run.", callback=_duration, metavar="10m"),
    _option(
        "credential",
        "Credential of a security scheme of --contract, if not that of --key. Several in the variable: one a line.",
        type=_Lines(),
        multiple=True,
        metavar="SCHEME=KEY",
    ),
    _option("exhausted-key", "Key of an account without credits."),
    _option("limited-key", "Key whose rate limit is reached after a few requests."),
    _option("second-key", "Key of another account, which nobody else uses meanwhile."),
    _option("failing-key", "Key for which the gateway answers 500."),
    _option("loading-key", "Key for which the model is loading."),
    _option("expired-token", "Access token that has expired."),
    _option("login", "User to log in and out; prefer the variable GATE_LOGIN.", metavar="EMAIL:PASSWORD"),
    _option("second-login", "Another user to log in and out.", metavar="EMAIL:PASSWORD"),
    _option(
        "state",
        "Put the target into a situation with a command or URL; normal=… ends it. Several in the variable: one a line.",
        type=_Lines(),
        multiple=True,
        metavar="NAME=COMMAND|URL",
    ),
    _flag("insecure", "Do not verify the TLS certificate."),
    _option("contract", "Check against another OpenAPI document.", type=click.Path(exists=True, dir_okay=False)),
    *(_option(report.name, report.help, type=click.Path(), metavar="FILE") for report in FORMATS),
    _flag("github", "Print annotations for GitHub Actions.", envvar="GITHUB_ACTIONS"),
    _option(
        "previous", "Tell what changed since the run whose --json report is FILE.", type=click.Path(), metavar="FILE"
    ),
    _option("replay", "Ask again what is broken in a --json report.", type=click.Path(), metavar="FILE"),
    _option("baseline", "Accept the deviations listed in FILE.", type=click.Path(), metavar="FILE"),
    _flag("write-baseline", "Write the --baseline file from this run."),
    _option("require", "Fail unless this share of the promises was examined.", metavar="N%"),
    _flag("require-all", "Fail unless every promise was examined."),
    _flag("quiet", "Print no progress."),
)
"""Every argument and option of a run."""


@dataclass(frozen=True)
class GateOptions:
    """The options of one run, as the operator wrote them. `reports` maps the name of a report format to its file."""

    url: str
    key: str | None
    profile: str | None
    seed: int
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    documented_only: bool
    model: str | None
    dialect: "Dialect | None"
    short_sse: bool
    latency: float | None
    time: float | None
    credential: tuple[str, ...]
    exhausted_key: str | None
    limited_key: str | None
    second_key: str | None
    failing_key: str | None
    loading_key: str | None
    expired_token: str | None
    login: str | None
    second_login: str | None
    state: tuple[str, ...]
    insecure: bool
    contract: str | None
    github: bool
    previous: str | None
    replay: str | None
    baseline: str | None
    write_baseline: bool
    require: str | None
    require_all: bool
    quiet: bool
    reports: Mapping[str, str]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "GateOptions":
        """Return the options of a click command that has `PARAMETERS`."""
        names = {field.name for field in fields(cls)} - {"reports"}
        files = {report.name: values[report.name] for report in FORMATS if values[report.name]}
        return cls(**{name: values[name] for name in names}, reports=files)

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials that the suite knows, by their names there, as far as the operator gave them."""
        options = {
            "exhausted": self.exhausted_key,
            "empty": self.exhausted_key,
            "limited": self.limited_key,
            "window": self.limited_key,
            "second": self.second_key,
            "failing": self.failing_key,
            "loading": self.loading_key,
            "expired": self.expired_token,
            "login": self.login,
            "other": self.second_login,
            "user": self.login,
        }
        return {name: value for name, value in options.items() if value}

    @property
    def required_coverage(self) -> float:
        """The percentage of the promises that must be examined. Raises `OperatorError` if it is no percentage."""
        if self.require_all:
            return 100.0
        try:
            percent = float((self.require or "0").rstrip("% "))
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100:
            raise OperatorError(f"--require {self.require}: expected a percentage, such as 90%")
        return percent

    def settings(self) -> "RunSettings":
        """Return the settings of the run. Raises `OperatorError` if it cannot begin with these options."""
        from mockserver.files import bundled
        from mockserver.gate.client import base_url, is_loopback
        from mockserver.gate.profiles import PROFILES
        from mockserver.gate.provider_states import read_states
        from mockserver.gate.runner import RunSettings

        url = base_url(self.url)
        key = self.key or (LOCAL_KEY if is_loopback(url) else None)
        if key is None:
            raise OperatorError("a gateway on another machine needs an API key: give --key KEY or set GATEWAY_KEY")
        for name, login in (("login", self.login), ("second-login", self.second_login)):
            if login and ":" not in login:
                raise OperatorError(f"--{name}: expected EMAIL:PASSWORD")
        chosen = RunSettings(
            url=url,
            profile=PROFILES[self.profile or ("full" if is_loopback(url) else "paid")],
            key=key,
            contract=Path(self.contract or bundled.OPENAPI),
            seed=self.seed,
            only=self.only,
            exclude=self.exclude,
            documented_only=self.documented_only,
            credentials=self.credentials,
            keys=self._keys(),
            states=read_states(self.state),
            model=self.model,
            dialect=self.dialect,
            short_sse=self.short_sse,
            latency=self.latency,
            seconds=self.time,
            verify=not self.insecure,
        )
        return self._replayed(chosen) if self.replay else chosen

    def _keys(self) -> dict[str, str]:
        """Return the credentials of --credential by their schemes."""
        pairs = [text.partition("=") for text in self.credential]
        if not all(name and key for name, _, key in pairs):
            raise OperatorError("--credential: expected SCHEME=KEY, with a name of the document's securitySchemes")
        return {name: key for name, _, key in pairs}

    def _replayed(self, chosen: "RunSettings") -> "RunSettings":
        """Return the settings that ask again what is broken in a report; --only chooses among it."""
        from mockserver.contracts.promises import PROMISES
        from mockserver.gate import previous_run
        from mockserver.gate.profiles import PROFILES
        from mockserver.gate.runner import promise_filter

        before, is_chosen = previous_run.read(Path(self.replay or "")), promise_filter(chosen)
        names = tuple(
            name for name in before.of("broken", "accepted") if name in PROMISES and is_chosen(PROMISES[name])
        )
        if not names:
            raise OperatorError(f"{self.replay}: no broken promise to ask again")
        profile = PROFILES.get(self.profile or before.profile, chosen.profile)
        return replace(chosen, only=names, seed=before.seed, profile=profile)


def read_options(arguments: Sequence[str]) -> GateOptions:
    """Return the options of a command line, with those of the environment. Raises `click.UsageError`."""
    command = click.Command("contract", params=list(PARAMETERS), context_settings=dict(CONTEXT))
    with command.make_context("contract", list(arguments)) as context:
        return GateOptions.of(context.params)
