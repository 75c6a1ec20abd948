"""Reports for programs: JSON and JUnit XML."""

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

import orjson

from mockserver import __version__
from mockserver.contracts.check import Deviation
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import effort, verdict
from mockserver.gate.results import PromiseResult
from mockserver.gate.runner import GateRun

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_value(run: GateRun) -> dict[str, Any]:
    """The whole run as plain data."""
    ledger, settings = run.ledger, run.settings
    counts = {state: len(ledger.of(state)) for state in ("kept", "broken", "accepted", "not examined")}
    return {
        "tool": f"mockserver contract {__version__}",
        "target": settings.url,
        "profile": settings.profile.name,
        "seed": settings.seed,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.began)),
        "documented_only": settings.documented_only,
        "verdict": verdict(run),
        "coverage": round(ledger.coverage, 1),
        "counts": counts,
        "requests": run.spent.requests,
        "tokens_at_most": run.spent.tokens,
        "seconds": round(run.seconds, 3),
        "stopped": run.stopped,
        "complaints": run.complaints,
        "passed": run.passed,
        "promises": [_entry(run, entry) for entry in ledger.entries.values()],
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
        answer = finding.exchange.answer
        told["request"] = curl(run.settings.url, finding.exchange.asked)
        told["answer"] = {
            "status": answer.status,
            "headers": [
                [name, "$COOKIE" if name == "set-cookie" else run.ledger.hide(value, finding.exchange)]
                for name, value in answer.headers
            ],
            "body": run.ledger.hide(answer.body[:4000].decode("utf-8", "replace"), finding.exchange),
            "ended": answer.ended,
        }
    return told


def json_report(run: GateRun) -> bytes:
    """The run as JSON."""
    return orjson.dumps(clean(as_value(run)), option=orjson.OPT_INDENT_2) + b"\n"


def clean(value: Any) -> Any:
    """Text that UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list) else value


def junit_report(run: GateRun) -> bytes:
    """A test case for each promise, and one for the run as a whole, as Ant's schema has it and others read it."""
    ledger, settings = run.ledger, run.settings
    trouble = [*([f"stopped early: {run.stopped}"] if run.stopped else []), *run.complaints]
    suite = Xml.Element(
        "testsuite",
        id="0",
        package="contract",
        name=f"contract of {settings.url}",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(run.began)),
        hostname=urlsplit(settings.url).hostname or "localhost",
        tests=str(len(ledger.entries) + 1),
        failures=str(len(ledger.of("broken"))),
        skipped=str(len(ledger.of("not examined", "accepted"))),
        errors=str(int(bool(trouble))),
        time=f"{run.seconds:.3f}",
    )
    properties = Xml.SubElement(suite, "properties")
    for name, value in (("target", settings.url), ("profile", settings.profile.name), ("seed", str(settings.seed))):
        Xml.SubElement(properties, "property", name=name, value=value)
    for entry in ledger.entries.values():
        _case(suite, run, entry)
    whole = Xml.SubElement(suite, "testcase", classname="contract", name="run", time=f"{run.seconds:.3f}")
    if trouble:
        Xml.SubElement(whole, "error", message=_xml(trouble[0]), type="run").text = _xml("\n".join(trouble))
    Xml.SubElement(suite, "system-out").text = f"{verdict(run)}\n{effort(run)}"
    Xml.SubElement(suite, "system-err")
    root = Xml.Element("testsuites")
    root.append(suite)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: Xml.Element, run: GateRun, entry: PromiseResult) -> None:
    promise = entry.promise
    case = Xml.SubElement(suite, "testcase", classname=f"contract.{promise.group}", name=promise.name, time="0")
    if entry.state == "broken":
        first = entry.findings[0] if entry.findings else Deviation(promise.name, "")
        failure = Xml.SubElement(case, "failure", message=_xml(first.got), type=promise.source)
        request = curl(run.settings.url, first.exchange.asked) if first.exchange else ""
        failure.text = _xml(f"expected: {promise.sentence}\ngot: {first.got}\n\n{request}")
    elif entry.state != "kept":
        Xml.SubElement(case, "skipped", message=_xml(entry.accepted or entry.why_not))


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)
