"""The outside judges: how each is started against a mock, and how its report is read.

tests/clients/install.sh installs them. Each runs in its own process, with its own packages, on loopback only.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / ".clients"
INSTALL = "tests/clients/install.sh"

MODEL = "claude-sonnet-4.5"

TIME_LIMIT = 60
"""Seconds for one judge; the slowest takes less than one."""

Report: TypeAlias = dict[str, Any]


class Opinion(NamedTuple):
    """What a judge says: its own score, and each complaint with the checks that made it."""

    score: str
    complaints: dict[str, list[str]]


class Judge(NamedTuple):
    """One judge: its packages under .clients/, its command with places for URL and key, and its report's reader."""

    name: str
    packages: str
    command: tuple[str, ...]
    read: Callable[[Report], Opinion]

    def opinion(self, url: str, key: str) -> Opinion:
        """Run the judge against the mock at this URL, with this API key. Raises `RuntimeError` if it has no report."""
        folder = PACKAGES / self.packages
        done = subprocess.run(
            [part.format(url=url, key=key, folder=folder) for part in self.command],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **dict.fromkeys(KEY_VARIABLES, key)},
            capture_output=True,
            encoding="utf-8",
            timeout=TIME_LIMIT,
            check=False,
        )
        try:
            return self.read(json.loads(done.stdout))
        except ValueError:
            remedy = "" if folder.exists() else f"\n{folder} is not there: run {INSTALL}"
            raise RuntimeError(f"{self.name} ended with {done.returncode}:\n{done.stderr[-2000:]}{remedy}") from None


KEY_VARIABLES = ("OPENAI_API_KEY", "TR_PROVIDER_API_KEY")
"""Where judges look for the API key."""


def _llm_comply(report: Report) -> Opinion:
    results = report["results"]
    passed = [result for result in results if result["status"] == "passed"]
    said = (
        (complaint, result["id"])
        for result in results
        if result["status"] != "skipped"
        for complaint in (*result.get("errors", ()), *result.get("warnings", ()))
    )
    return Opinion(f"{len(passed)}/{len(results)}", _grouped(said))


def _provider_check(report: Report) -> Opinion:
    checks = report["checks"]
    passed = [check for check in checks if check["status"] == "pass"]
    said = ((check["assertion"], check["id"]) for check in checks if check["status"] in ("fail", "warn"))
    return Opinion(f"{len(passed)}/{len(checks)}", _grouped(said))


def _compatcanary(report: Report) -> Opinion:
    said = ((result["summary"], result["id"]) for result in report["results"] if result["status"] != "pass")
    return Opinion(f"{report['score']}/100", _grouped(said))


def _grouped(said: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Return each complaint with its checks. What the mock answered, quoted in braces, is left out."""
    grouped: dict[str, list[str]] = {}
    for complaint, check in said:
        checks = grouped.setdefault(re.sub(r"\{.*\}", "{…}", complaint), [])
        if check not in checks:
            checks.append(check)
    return grouped


def _comply(form: str) -> Judge:
    """Return llm-comply for one of the formats that it knows."""
    how = (sys.executable, "-S", "-c", "from llm_comply.cli import main; main()")
    target = ("run", "--base-url", "{url}/api/v1", "--api-key", "{key}", "--model", MODEL, "--format", form, "--json")
    return Judge(f"llm-comply {form}", "llm-comply", (*how, *target), _llm_comply)


JUDGES = (
    _comply("openai-chat"),
    _comply("anthropic"),
    _comply("open-responses"),
    Judge(
        "trustedrouter-provider-check",
        "provider-check",
        (
            *(sys.executable, "-S", "-c", "from tr_provider_check.cli import main; main()"),
            *("--base-url", "{url}/api/v1", "--model", MODEL),
            *("--tier", "6", "--perf-samples", "1", "--max-sweep-models", "2", "--json", "-"),
        ),
        _provider_check,
    ),
    Judge(
        "compatcanary",
        "compatcanary",
        (
            *("node", "{folder}/node_modules/compatcanary/src/cli.js", "scan", "--format", "json"),
            *("--base-url", "{url}/api/v1", "--model", MODEL, "--fail-on", "never"),
        ),
        _compatcanary,
    ),
)
