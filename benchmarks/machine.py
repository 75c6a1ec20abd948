"""What a run ran on, and how busy others kept it: the machine, the versions, the commit, the load.

Cores that others used are measured, not guessed: what the kernel says that all processes used, less what this process
and those that it has ended used. Figures of a run beside which others used much are no figures.
"""

import os
import platform
import re
import shutil
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import orjson

from benchmarks.servers import AIMOCK, ROOT

QUIET = 0.15
"""Cores that others may use in a quiet run."""
COMMANDS = {"Node": ["node", "--version"], "Redis": ["redis-server", "--version"], "wrk": ["wrk", "-v"]}


class Setting(NamedTuple):
    """The circumstances of a run."""

    machine: str
    versions: str
    commit: str
    date: str
    others: float
    """Cores that other processes used meanwhile."""
    seconds: float

    @property
    def is_quiet(self) -> bool:
        """Whether the figures can be trusted."""
        return self.others <= QUIET


class Stopwatch:
    """Measures how long a run takes, and how much of the machine others use meanwhile."""

    def __init__(self) -> None:
        self._begun = self._now()

    def setting(self) -> Setting:
        """Return the circumstances of the run that has ended now."""
        busy, own, clock = (after - before for after, before in zip(self._now(), self._begun, strict=True))
        date = time.strftime("%Y-%m-%d", time.gmtime())
        return Setting(_machine(), _versions(), _commit(), date, max(0.0, busy - own) / clock, clock)

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Return seconds: of all processes, of this one with those that it has ended, and of the clock."""
        user, nice, system, _, _, irq, soft, steal = map(int, _first_line("/proc/stat").split()[1:9])
        busy = (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
        return busy, sum(os.times()[:4]), time.perf_counter()


def _first_line(path: str) -> str:
    return Path(path).read_text(encoding="ascii").partition("\n")[0]


def _machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    memory = int(_first_line("/proc/meminfo").split()[1]) / 1024**2
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"


def _versions() -> str:
    named = {"Python": platform.python_version()}
    named |= {name: version(name) for name in ("uvicorn", "uvloop", "httptools", "orjson", "msgspec")}
    if AIMOCK.exists():
        named["aimock"] = orjson.loads((AIMOCK.parents[1] / "package.json").read_bytes())["version"]
    for name, command in COMMANDS.items():
        if shutil.which(command[0]):
            ran = subprocess.run(command, capture_output=True, text=True, check=False)  # wrk ends with 1
            number = re.search(r"\d+\.\d+(\.\d+)?", ran.stdout or ran.stderr)
            named[name] = number[0] if number else "?"
    return ", ".join(f"{name} {number}" for name, number in named.items())


def _commit() -> str:
    """Return the commit that is checked out, and whether files were changed since."""

    def git(*arguments: str) -> str:
        ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return ran.stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--", "mockserver", "openapi.yaml") else ""
    return (git("rev-parse", "--short=10", "HEAD") or "no commit") + changed
