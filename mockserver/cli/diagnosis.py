"""What `mockserver doctor` says about a machine: each check is a pure function, and `CHECKS` lists them in order."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from mockserver.cli.machine import Machine

Level: TypeAlias = Literal["ok", "note", "problem"]


class Diagnosis(NamedTuple):
    """One thing that was looked at. A `note` hinders nothing; a `problem` does. The remedy is what to do, or empty."""

    check: str
    level: Level
    message: str
    remedy: str = ""


TESTED = ((3, 11), (3, 14))
"""The oldest and the newest tested version of Python."""

EXTRAS: Mapping[str, str] = {
    "contract": "serve --contract: full validation of your OpenAPI document",
    "gate": "contract, ask: check or ask any gateway",
    "mcp": "mcp: tools for a coding agent",
    "record": "record, serve --mode spy: a real gateway behind the mock",
    "redis": "serve --store: several processes",
    "watch": "serve --watch: reload files on change",
}
"""What each extra is for."""

FEW_FILES = 1024
"""A client takes one file of a process, so fewer than this bound how many can connect at once."""

LOOPBACK = ("127.0.0.1", "localhost")
DAY = 86_400.0


def diagnose(machine: Machine) -> list[Diagnosis]:
    """Return what there is to say about a machine."""
    return [diagnosis for check in CHECKS for diagnosis in check(machine)]


def _python(machine: Machine) -> Iterator[Diagnosis]:
    version = ".".join(map(str, machine.python))
    words = f"{machine.implementation} {version} on {machine.system}"
    oldest, newest = TESTED
    if machine.python < oldest:
        yield Diagnosis("python", "problem", words, f"install Python {oldest[0]}.{oldest[1]} or newer")
    elif machine.python > newest:
        yield Diagnosis("python", "note", f"{words} is newer than the tested versions (to {newest[0]}.{newest[1]})")
    else:
        yield Diagnosis("python", "ok", words)


def _package(machine: Machine) -> Iterator[Diagnosis]:
    yield Diagnosis("package", "ok", f"ainative-mockserver {machine.version}")
    for other in machine.others:
        remedy = f"pip uninstall {other} && pip install --force-reinstall --no-deps ainative-mockserver"
        message = f"{other} installs a Python package 'mockserver' too; they overwrite each other"
        yield Diagnosis("package", "problem", message, remedy)


def _extras(machine: Machine) -> Iterator[Diagnosis]:
    for extra, missing in sorted(machine.extras.items()):
        use = EXTRAS.get(extra, "")
        if missing:
            message = f"extra {extra} is not installed ({use}); it lacks {', '.join(missing)}"
            yield Diagnosis("extras", "note", message, f"pip install 'ainative-mockserver[{extra}]'")
        else:
            yield Diagnosis("extras", "ok", f"extra {extra} ({use})")


def _ports(machine: Machine) -> Iterator[Diagnosis]:
    for port, reason in machine.ports.items():
        if reason:
            remedy = f"stop what listens there, or choose another: serve --port {port + 1}, or --port 0"
            yield Diagnosis("ports", "note", f"port {port} is not free: {reason}", remedy)
        else:
            yield Diagnosis("ports", "ok", f"port {port} is free")


def _clock(machine: Machine) -> Iterator[Diagnosis]:
    behind = machine.installed_at - machine.now
    if behind > DAY:
        message = f"the clock is at least {behind / DAY:.0f} days behind: the package was installed after what it shows"
        yield Diagnosis("clock", "problem", message, "set the clock; tokens, windows and TLS depend on it")
    else:
        yield Diagnosis("clock", "ok", "the clock is plausible")


def _files(machine: Machine) -> Iterator[Diagnosis]:
    for folder, mistake in machine.folders.items():
        if not mistake:
            yield Diagnosis("files", "ok", f"the scenarios in {folder} load")
        elif folder == "shipped":
            remedy = "pip install --force-reinstall --no-deps ainative-mockserver"
            yield Diagnosis("files", "problem", f"the shipped scenarios do not load: {mistake}", remedy)
        else:
            yield Diagnosis("files", "problem", f"{folder} does not load: {mistake}", f"mockserver lint {folder}")
    if not machine.writable:
        message = "the current folder cannot be written to, so `new` and `record` cannot write here"
        yield Diagnosis("files", "note", message, "change to another folder, or use record --out")


def _proxies(machine: Machine) -> Iterator[Diagnosis]:
    exempt = {name.strip() for name in machine.no_proxy.split(",")}
    open_hosts = [] if "*" in exempt else [host for host in LOOPBACK if host not in exempt]
    if machine.proxies and open_hosts:
        message = f"{', '.join(machine.proxies)}: clients send requests for {' and '.join(open_hosts)} to a proxy"
        yield Diagnosis("proxies", "problem", message, f"export NO_PROXY={','.join(LOOPBACK)}")
    else:
        yield Diagnosis("proxies", "ok", "no proxy stands between clients and the mock")


def _limits(machine: Machine) -> Iterator[Diagnosis]:
    if machine.open_files is not None and machine.open_files < FEW_FILES:
        message = f"a process may open {machine.open_files} files, so fewer clients than that can connect at once"
        yield Diagnosis("limits", "note", message, f"ulimit -n {4 * FEW_FILES}")
    else:
        count = "any number of" if machine.open_files is None else f"{machine.open_files:,}"
        yield Diagnosis("limits", "ok", f"a process may open {count} files")


CHECKS: tuple[Callable[[Machine], Iterator[Diagnosis]], ...] = (
    _python,
    _package,
    _extras,
    _ports,
    _clock,
    _files,
    _proxies,
    _limits,
)
