"""JUnit XML: a test case for each case of the exam, and one for the exam as a whole, for CI."""

import time
from xml.etree import ElementTree as Xml

from mockserver.exam.reports.terminal import effort, explain, headline
from mockserver.exam.results import CaseResult, ExamRun
from mockserver.gate.reports.text import in_xml


def render(run: ExamRun) -> bytes:
    """Return a test case for each case and one for the exam, in the schema of Ant's JUnit reports."""
    trouble = [*([run.stopped] if run.stopped else []), *run.complaints]
    suite = Xml.Element(
        "testsuite",
        id="0",
        package="exam",
        name=in_xml(f"exam of {run.client}"),
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(run.began)),
        hostname="localhost",
        tests=str(len(run.results) + 1),
        failures=str(len(run.of("fail"))),
        skipped=str(len(run.of("not applicable", "accepted"))),
        errors=str(len(run.of("error")) + bool(trouble)),
        time=f"{run.seconds:.3f}",
    )
    properties = Xml.SubElement(suite, "properties")
    Xml.SubElement(properties, "property", name="seed", value=run.seed)
    for result in run.results:
        _case(suite, result)
    whole = Xml.SubElement(suite, "testcase", classname="exam", name="run", time=f"{run.seconds:.3f}")
    if trouble:
        Xml.SubElement(whole, "error", message=in_xml(trouble[0]), type="run").text = in_xml("\n".join(trouble))
    Xml.SubElement(suite, "system-out").text = in_xml(f"{headline(run)}\n{effort(run)}")
    Xml.SubElement(suite, "system-err")
    root = Xml.Element("testsuites")
    root.append(suite)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: Xml.Element, result: CaseResult) -> None:
    theme = result.case.header.theme.replace(" ", "_")
    case = Xml.SubElement(
        suite, "testcase", classname=f"exam.{theme}", name=result.case.name, time=f"{result.seconds:.3f}"
    )
    if result.state == "fail":
        first = result.findings[0]
        failure = Xml.SubElement(case, "failure", message=in_xml(first.evidence), type=first.name)
        failure.text = in_xml("\n".join([*explain(result), result.timeline, result.output]))
    elif result.state == "error":
        Xml.SubElement(case, "error", message=in_xml(result.reason), type="exam").text = in_xml(result.output)
    elif result.state != "pass":
        Xml.SubElement(case, "skipped", message=in_xml(result.reason))
