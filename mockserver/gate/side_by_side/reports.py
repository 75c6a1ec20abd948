"""The reports of a comparison of two gateways: lines for people, JSON for programs, JUnit XML for CI."""

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

import orjson

from mockserver import __version__
from mockserver.contracts.promises import PROMISES
from mockserver.gate.reports.curl import curl
from mockserver.gate.reports.text import encodable, in_xml, printable
from mockserver.gate.side_by_side.comparison import GatewayDifference, SideBySide

MOST_SHOWN = 8
"""Differences of one promise that the terminal shows. The JSON report has all."""


def lines(found: SideBySide) -> Iterator[str]:
    """Yield the differences by promise, then the verdict."""
    if found.differences:
        yield f"A is {found.urls[0]}, B is {found.urls[1]}"
    for promise, differences in found.by_promise().items():
        yield f"\n{promise}: {PROMISES[promise].sentence}"
        for each in differences[:MOST_SHOWN]:
            times = found.differences[each]
            count = f" ({times} times)" if times > 1 else ""
            yield f"  {printable(str(each))}{count}"
        if len(differences) > MOST_SHOWN:
            yield f"  and {len(differences) - MOST_SHOWN} more, see --json"
    if found.differences:
        yield ""
    if found.stopped:
        yield f"Stopped early: {found.stopped}"
    yield headline(found)


def headline(found: SideBySide) -> str:
    """Return the verdict in one line."""
    count, compared = len(found.differences), found.asked - found.skipped
    promises = len(found.by_promise())
    ways = f"{count} way{'' if count == 1 else 's'}, {promises} promise{'' if promises == 1 else 's'}"
    words = {
        0: "B answers as A does",
        1: f"B differs from A in {ways}",
    }.get(found.exit_code, "Unfinished, no difference so far")
    skipped = f", {found.skipped} not compared" if found.skipped else ""
    return f"{words}: {found.same} of {compared} answers alike{skipped}."


def as_json(found: SideBySide) -> bytes:
    """Return the comparison as JSON."""
    value = {
        "tool": f"mockserver contract against {__version__}",
        "a": found.urls[0],
        "b": found.urls[1],
        "verdict": headline(found),
        "exit_code": found.exit_code,
        "stopped": found.stopped,
        "asked": found.asked,
        "alike": found.same,
        "not_compared": found.skipped,
        "differences": [_as_value(found, each) for rows in found.by_promise().values() for each in rows],
    }
    return orjson.dumps(encodable(value), option=orjson.OPT_INDENT_2) + b"\n"


def _as_value(found: SideBySide, each: GatewayDifference) -> dict[str, object]:
    return {
        "promise": each.promise,
        "operation": each.operation,
        "field": each.field,
        "a": each.first,
        "b": each.second,
        "times": found.differences[each],
        "curl": curl(found.urls[0], found.examples[each]),
    }


def as_junit(found: SideBySide) -> bytes:
    """Return a test case for each promise in which the two differ, and one for the comparison as a whole."""
    grouped = found.by_promise()
    is_unfinished = found.exit_code == 3 or bool(found.stopped)
    suite = Xml.Element(
        "testsuite",
        name=f"{found.urls[1]} against {found.urls[0]}",
        tests=str(len(grouped) + 1),
        failures=str(len(grouped)),
        errors=str(int(is_unfinished)),
    )
    for promise, differences in grouped.items():
        case = Xml.SubElement(suite, "testcase", classname="against", name=promise)
        text = "\n".join([in_xml(str(each)) for each in differences])
        Xml.SubElement(case, "failure", message=in_xml(str(differences[0])), type=promise).text = text
    whole = Xml.SubElement(suite, "testcase", classname="against", name="comparison")
    if is_unfinished:
        Xml.SubElement(whole, "error", message=in_xml(found.stopped or headline(found)))
    return bytes(Xml.tostring(suite, encoding="utf-8", xml_declaration=True))
