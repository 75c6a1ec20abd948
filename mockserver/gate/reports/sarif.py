"""SARIF 2.1.0, for code scanning: a rule for each promise, a result for each broken one."""

from typing import Any

import orjson

from mockserver import __version__
from mockserver.gate.reports.places import Places, message
from mockserver.gate.reports.text import encodable
from mockserver.gate.results import PromiseResult
from mockserver.gate.runner import GateRun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: GateRun) -> bytes:
    """Return a rule for each promise, and a result for each broken one. Accepted deviations are suppressed."""
    entries, places = list(run.results.entries.values()), Places(run.settings.contract)
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
        "invocations": [{"executionSuccessful": not run.is_unfinished}],
        "results": [_result(entry, number, places) for number, entry in enumerate(entries) if entry.broken],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [done]}
    return orjson.dumps(encodable(document), option=orjson.OPT_INDENT_2) + b"\n"


def _result(entry: PromiseResult, number: int, places: Places) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": entry.promise.name,
        "ruleIndex": number,
        "level": "error",
        "message": {"text": message(entry)},
        "partialFingerprints": {"promise/v1": entry.promise.name},
    }
    if places.file:
        place = {"artifactLocation": {"uri": places.file}, "region": {"startLine": places.line(entry)}}
        result["locations"] = [{"physicalLocation": place}]
    if entry.state == "accepted":
        result["suppressions"] = [{"kind": "external", "justification": entry.accepted}]
    return result
