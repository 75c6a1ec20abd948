"""The run as JSON: everything that is known of it, for programs."""

import time
from typing import Any

import orjson

from mockserver import __version__
from mockserver.contracts.check import Deviation
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import headline
from mockserver.gate.reports.text import encodable
from mockserver.gate.results import PromiseResult
from mockserver.gate.runner import GateRun


def as_value(run: GateRun) -> dict[str, Any]:
    """The whole run as plain data."""
    results, settings = run.results, run.settings
    counts = {state: len(results.of(state)) for state in ("kept", "broken", "accepted", "not examined")}
    return {
        "tool": f"mockserver contract {__version__}",
        "target": settings.url,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.began)),
        "documented_only": settings.documented_only,
        "verdict": headline(run),
        "coverage": round(results.coverage, 1),
        "counts": counts,
        "requests": run.spent.requests,
        "tokens_at_most": run.spent.tokens,
        "seconds": round(run.seconds, 3),
        "stopped": run.stopped,
        "complaints": run.complaints,
        "passed": run.passed,
        "promises": [_entry(run, entry) for entry in results.entries.values()],
    }


def _entry(run: GateRun, entry: PromiseResult) -> dict[str, Any]:
    promise = entry.promise
    told: dict[str, Any] = {
        "name": promise.name,
        "group": promise.group,
        "state": entry.state,
        "sentence": promise.sentence,
        "sources": list(promise.sources),
        "section": promise.section,
        "examined": entry.examined,
    }
    if entry.state == "not examined":
        told["why"] = entry.why_not
    if entry.accepted:
        told["accepted"] = entry.accepted
    if entry.findings:
        told["findings"] = [_finding(run, finding) for finding in entry.findings]
    return told


def _finding(run: GateRun, finding: Deviation) -> dict[str, Any]:
    told: dict[str, Any] = {"got": finding.got}
    if finding.exchange is not None:
        response = finding.exchange.response
        told["request"] = curl(run.settings.url, finding.exchange.request)
        told["answer"] = {
            "status": response.status,
            "headers": [
                [name, "$COOKIE" if name == "set-cookie" else run.results.redact(value, finding.exchange)]
                for name, value in response.headers
            ],
            "body": run.results.redact(response.body[:4000].decode("utf-8", "replace"), finding.exchange),
            "ended": response.ended,
        }
    return told


def render(run: GateRun) -> bytes:
    """The run as JSON."""
    return orjson.dumps(encodable(as_value(run)), option=orjson.OPT_INDENT_2) + b"\n"
