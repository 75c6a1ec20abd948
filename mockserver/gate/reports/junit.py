"""JUnit XML: a test case for each promise and one for the run as a whole, for CI."""

import time
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from mockserver.contracts.check import Deviation
from mockserver.gate.grades import grade
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.terminal import effort, headline
from mockserver.gate.reports.text import in_xml
from mockserver.gate.results import PromiseResult
from mockserver.gate.runner import GateRun


def render(run: GateRun) -> bytes:
    """Return a test case for each promise and one for the run, in the schema of Ant's JUnit reports."""
    results, settings = run.results, run.settings
    trouble = run.trouble
    suite = Xml.Element(
        "testsuite",
        id="0",
        package="contract",
        name=f"contract of {settings.url}",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(run.began)),
        hostname=urlsplit(settings.url).hostname or "localhost",
        tests=str(len(results.entries) + 1),
        failures=str(len(results.of("broken"))),
        skipped=str(len(results.of("not examined", "not offered", "accepted"))),
        errors=str(len(results.of("error")) + bool(trouble)),
        time=f"{run.seconds:.3f}",
    )
    _properties(
        suite,
        target=settings.url,
        profile=settings.profile.name,
        seed=str(settings.seed),
        coverage=f"{results.coverage:.1f}",
        grade=grade(results.entries.values()),
        requests=str(run.spent.requests),
        exit_code=str(run.exit_code),
    )
    for entry in results.entries.values():
        _case(suite, run, entry)
    whole = Xml.SubElement(suite, "testcase", classname="contract", name="run", time=f"{run.seconds:.3f}")
    if trouble:
        Xml.SubElement(whole, "error", message=in_xml(trouble[0]), type="run").text = in_xml("\n".join(trouble))
    Xml.SubElement(suite, "system-out").text = f"{headline(run)}\n{effort(run)}"
    Xml.SubElement(suite, "system-err")
    root = Xml.Element("testsuites")
    root.append(suite)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _properties(element: Xml.Element, **values: str) -> None:
    properties = Xml.SubElement(element, "properties")
    for name, value in values.items():
        Xml.SubElement(properties, "property", name=name, value=in_xml(value))


def _case(suite: Xml.Element, run: GateRun, entry: PromiseResult) -> None:
    promise = entry.promise
    case = Xml.SubElement(suite, "testcase", classname=f"contract.{promise.group}", name=promise.name, time="0")
    _properties(case, state=entry.state, source=promise.source, examined=str(entry.examined), broken=str(entry.broken))
    if entry.state == "broken":
        first = entry.deviations[0] if entry.deviations else Deviation(promise.name, "")
        failure = Xml.SubElement(case, "failure", message=in_xml(first.got), type=promise.source)
        request = curl(run.settings.url, first.exchange.request) if first.exchange else ""
        failure.text = in_xml(f"expected: {promise.sentence}\ngot: {first.got}\n\n{request}")
    elif entry.state == "error":
        Xml.SubElement(case, "error", message=in_xml(entry.reason), type="gate")
    elif entry.state != "kept":
        Xml.SubElement(case, "skipped", message=in_xml(_why(entry)))


def _why(entry: PromiseResult) -> str:
    return f"{entry.state}: {entry.reason}" if entry.state == "not offered" else entry.accepted or entry.reason
