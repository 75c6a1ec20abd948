"""What `mockserver doctor` reads of the machine. Nothing here judges: cli.diagnosis does, from this value alone."""

import os
import platform
import re
import socket
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from mockserver import __version__
from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files.installation import FOLDER, OURS, PACKAGE

_OF_EXTRA = re.compile(r"([\w.-]+).*;\s*extra == ['\"]([\w-]+)['\"]")
"""A requirement of an extra, as the metadata of a distribution has it."""

PROXY_VARIABLES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
"""The variables by which HTTP clients choose a proxy for http://127.0.0.1."""


class Machine(NamedTuple):
    """A machine on which the mock is installed."""

    version: str
    python: tuple[int, int]
    implementation: str
    system: str
    others: Sequence[str]
    """Other distributions that install a package `mockserver`."""
    extras: Mapping[str, Sequence[str]]
    """The packages of each extra that are missing."""
    ports: Mapping[int, str]
    """Why each port is not free; empty if it is."""
    now: float
    installed_at: float
    open_files: int | None
    """How many files and sockets a process may open; None where there is no such limit."""
    proxies: Sequence[str]
    """The variables that name a proxy. Their values can hold a password, so they are not read."""
    no_proxy: str
    folders: Mapping[str, str]
    """The first mistake of each folder of scenarios; empty if it loads. The shipped ones are called `shipped`."""
    writable: bool
    """Whether files can be written in the current folder."""


def read_machine(folders: Sequence[str], ports: Iterable[int]) -> Machine:
    """Return what there is to know of this machine."""
    return Machine(
        version=__version__,
        python=sys.version_info[:2],
        implementation=platform.python_implementation(),
        system=platform.system(),
        others=sorted(set(metadata.packages_distributions().get(PACKAGE, ())) - {OURS}),
        extras=missing_of(metadata.requires(OURS) or ()),
        ports={port: _why_busy(port) for port in ports},
        now=time.time(),
        installed_at=(FOLDER / "__init__.py").stat().st_mtime,
        open_files=_open_files(),
        proxies=[name for name in PROXY_VARIABLES if os.environ.get(name)],
        no_proxy=os.environ.get("NO_PROXY") or os.environ.get("no_proxy", ""),
        folders={folder or "shipped": _mistake_of(folder) for folder in ("", *folders)},
        writable=os.access(Path.cwd(), os.W_OK),
    )


def missing_of(requirements: Iterable[str]) -> dict[str, list[str]]:
    """Return the packages of each extra that are not installed."""
    missing: dict[str, list[str]] = {}
    for match in filter(None, map(_OF_EXTRA.match, requirements)):
        package, extra = match.groups()
        missing.setdefault(extra, [])
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError:
            missing[extra].append(package)
    return missing


def _why_busy(port: int) -> str:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _open_files() -> int | None:
    with suppress(ImportError):  # Windows has no such module
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return None if soft == resource.RLIM_INFINITY else soft
    return None  # pragma: no cover - Windows


def _mistake_of(folder: str) -> str:
    from mockserver.files.contract import load_contract
    from mockserver.files.library import load_library

    try:
        load_library(load_contract(), folder or None)
    except (AuthorError, OperatorError, OSError) as error:
        return str(error).splitlines()[0]
    return ""
