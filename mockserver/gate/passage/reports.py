"""The reports of a gateway under test: lines for people, JSON for programs, JUnit XML for CI."""

import time
from collections.abc import Iterator
from xml.etree import ElementTree as Xml

import orjson

from mockserver import __version__
from mockserver.gate.passage.results import PASSAGE_STATES, FactResult, PassageResult, PassageRun
from mockserver.gate.reports.text import encodable, in_xml, printable

SHOWN = 60
"""Characters of each side of a fact that a line has, from a little before the place where they part."""

BEFORE = 12

VERDICTS = {
    0: "Everything arrived as it was sent",
    1: "The gateway changes or loses what passes through it",
    3: "Unfinished",
}


def lines(run: PassageRun) -> Iterator[str]:
    """Yield the wires, a line for each case, what was sent and what arrived where they differ, and the verdict."""
    for wire in dict.fromkeys(result.wire for result in run.results):
        results = [result for result in run.results if result.wire == wire]
        yield f"{wire}, {_route(run, wire, results)}"
        if wire not in run.wires:
            yield f"  not offered: {printable(results[0].reason)}"
        else:
            for result in results:
                yield from _case(result)
        yield ""
    for complaint in run.complaints:
        yield f"Baseline: {complaint}"
    if run.stopped:
        yield f"Stopped early: {run.stopped}"
    yield headline(run)


def _route(run: PassageRun, wire: str, results: list[PassageResult]) -> str:
    behind = next((result.upstream for result in results if result.upstream), "")
    return f"POST {run.wires[wire]} (upstream: {behind})" if wire in run.wires else "no route"


def _case(result: PassageResult) -> Iterator[str]:
    is_news = result.state in ("changed", "lost")
    state = result.state.upper() if is_news else result.state
    again = f"  asked the upstream {result.requests} times" if result.requests > 1 else ""
    why = f"  {printable(result.reason)}" if result.reason else ""
    since = f"  {printable(result.accepted)}" if result.accepted else ""
    yield f"  {result.name:<24} {state}{since}{again}{why}"
    for fact in result.facts if is_news else ():
        sent, arrived = _apart(fact)
        yield f"    {fact.name}: sent {sent}; {'nothing arrived' if arrived is None else f'arrived {arrived}'}"
    if is_news:
        yield f"    why it matters: {result.case.why}"


def _apart(fact: FactResult) -> tuple[str, str | None]:
    """Return both sides of a fact, cut to where they part."""
    sent, arrived = fact.sent, fact.arrived
    if arrived is None:
        return _cut(sent, 0), None
    pairs = enumerate(zip(sent, arrived, strict=False))
    place = next((number for number, (one, other) in pairs if one != other), min(len(sent), len(arrived)))
    return _cut(sent, place), _cut(arrived, place)


def _cut(words: str, place: int) -> str:
    if len(words) <= SHOWN:
        return printable(words)
    start = max(0, place - BEFORE)
    dots, more = "…" if start else "", "…" if start + SHOWN < len(words) else ""
    return f"{dots}{printable(words[start : start + SHOWN])}{more} ({len(words)} characters)"


def headline(run: PassageRun) -> str:
    """Return the verdict in one line."""
    counts = ", ".join(f"{len(run.of(state))} {state}" for state in PASSAGE_STATES if run.of(state))
    verdict = VERDICTS[run.exit_code]
    if not run.exit_code and run.of("accepted"):
        verdict = "Nothing changes or is lost but what the baseline accepts"
    return f"{verdict}: {counts or 'no cases'} (model {run.model}, {run.seconds:.1f} s)"


def as_json(run: PassageRun) -> bytes:
    """Return the run as JSON, with both sides of each fact as a whole."""
    value = {
        "tool": f"mockserver contract through {__version__}",
        "target": run.url,
        "model": run.model,
        "verdict": headline(run),
        "exit_code": run.exit_code,
        "wires": run.wires,
        "complaints": run.complaints,
        "cases": [
            {
                "case": result.case.name,
                "wire": result.wire,
                "form": result.form,
                "state": result.state,
                "why": result.case.why,
                "upstream": result.upstream,
                "requests": result.requests,
                **({"reason": result.reason} if result.reason else {}),
                **({"accepted": result.accepted} if result.accepted else {}),
                "facts": [
                    {"fact": fact.name, "state": fact.state, "sent": fact.sent, "arrived": fact.arrived}
                    for fact in result.facts
                ],
            }
            for result in run.results
        ],
    }
    return orjson.dumps(encodable(value), option=orjson.OPT_INDENT_2) + b"\n"


def as_junit(run: PassageRun) -> bytes:
    """Return a test case for each case on each wire."""
    suite = Xml.Element(
        "testsuite",
        name=f"through {run.url}",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(run.began)),
        tests=str(len(run.results)),
        failures=str(len(run.of("changed", "lost"))),
        errors=str(len(run.of("not examined"))),
        skipped=str(len(run.of("not offered", "accepted"))),
        time=f"{run.seconds:.3f}",
    )
    for result in run.results:
        case = Xml.SubElement(suite, "testcase", classname=f"through.{result.wire}", name=result.name)
        words = in_xml("\n".join(_case(result)))
        if result.accepted:
            Xml.SubElement(case, "skipped", message=in_xml(result.accepted))
        elif result.facts:
            Xml.SubElement(case, "failure", message=in_xml(result.facts[0].name), type=result.state).text = words
        elif result.state == "not examined":
            Xml.SubElement(case, "error", message=in_xml(result.reason), type="gate")
        elif result.state == "not offered":
            Xml.SubElement(case, "skipped", message=in_xml(result.reason))
    root = Xml.Element("testsuites")
    root.append(suite)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
