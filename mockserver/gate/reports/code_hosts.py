"""Reports for code hosts: SARIF 2.1.0 for code scanning, workflow commands for GitHub Actions.

Both show a broken promise at a line of a file. That is the line of openapi.yaml where the operation begins: what the
gateway said is nowhere in a repository, and there is what it ought to say.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from mockserver import __version__
from mockserver.files import bundled
from mockserver.gate.reports.machine import clean
from mockserver.gate.reports.terminal import printable
from mockserver.gate.results import PromiseResult
from mockserver.gate.runner import GateRun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class Places:
    """Where in the contract's file an operation stands."""

    def __init__(self, contract: Path) -> None:
        ours = contract == Path(bundled.OPENAPI)
        self.file = "openapi.yaml" if ours else Path(os.path.relpath(contract)).as_posix()
        self._lines = contract.read_text(encoding="utf-8").splitlines()

    def line(self, entry: PromiseResult) -> int:
        """The line of the path that the first finding asked, from 1; the first line if it asked none of them."""
        exchange = next((one.exchange for one in entry.findings if one.exchange is not None), None)
        path = re.escape(exchange.asked.path.partition("?")[0]) if exchange is not None else None
        wanted = re.compile(rf"""\s*["']?{path}["']?:\s*""")
        return next((number for number, line in enumerate(self._lines, 1) if path and wanted.fullmatch(line)), 1)


def sarif_report(run: GateRun) -> bytes:
    """A rule for each promise, a result for each broken one; what the baseline accepts is suppressed."""
    entries, places = list(run.ledger.entries.values()), Places(run.settings.contract)
    rules = [
        {
            "id": entry.promise.name,
            "shortDescription": {"text": entry.promise.sentence},
            "help": {"text": f"{entry.promise.sentence} ({entry.promise.source})"},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": [entry.promise.group]},
        }
        for entry in entries
    ]
    driver = {"name": "mockserver contract", "semanticVersion": __version__, "rules": rules}
    done: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not run.stopped}],
        "results": [_result(entry, number, places) for number, entry in enumerate(entries) if entry.broken],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [done]}
    return orjson.dumps(clean(document), option=orjson.OPT_INDENT_2) + b"\n"


def _result(entry: PromiseResult, number: int, places: Places) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": places.file}, "region": {"startLine": places.line(entry)}}
    told: dict[str, Any] = {
        "ruleId": entry.promise.name,
        "ruleIndex": number,
        "level": "error",
        "message": {"text": _words(entry)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"promise/v1": entry.promise.name},
    }
    if entry.accepted:
        told["suppressions"] = [{"kind": "external", "justification": entry.accepted}]
    return told


def _words(entry: PromiseResult) -> str:
    got = entry.findings[0].got if entry.findings else ""
    return f"{entry.promise.sentence} ({entry.promise.source}) Got: {printable(got)}"


def annotations(run: GateRun) -> Iterator[str]:
    """GitHub's workflow commands: an error for each broken promise, and for what else makes the run fail."""
    places = Places(run.settings.contract)
    for entry in run.ledger.of("broken"):
        at = f"file={_property(places.file)},line={places.line(entry)}"
        yield f"::error {at},title={_property(f'contract: {entry.promise.name}')}::{_data(_words(entry))}"
    stopped = [f"stopped early: {run.stopped}"] if run.stopped else []
    for words in (*stopped, *run.complaints):
        yield f"::error title={_property('contract')}::{_data(words)}"


def _data(text: str) -> str:
    """As GitHub's own toolkit escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
