"""The reports of a comparison: lines for people, JSON for programs, JUnit XML for CI."""

from collections.abc import Iterator
from typing import get_args
from xml.etree import ElementTree as Xml

import orjson

from mockserver import __version__
from mockserver.gate.comparison import ComparedTurn, Comparison, State
from mockserver.gate.reports.text import encodable, in_xml, printable

VERDICTS = {
    0: "The gateway behaves as the scenario says",
    1: "The gateway differs from the scenario",
    2: "Not everything could be checked",
}


def lines(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each turn and each difference, then the verdict."""
    for turn in comparison.turns:
        reason = f": {printable(turn.reason)}" if turn.reason else ""
        yield f"turn {turn.turn:<3} {turn.state}{reason}"
        yield from [f"         {printable(str(drift))}" for drift in turn.drifts]
    yield headline(comparison)


def headline(comparison: Comparison) -> str:
    """Return the verdict in one line."""
    counts = ", ".join([f"{len(comparison.of(state))} {state}" for state in get_args(State) if comparison.of(state)])
    spent = comparison.spent
    requests = f"{spent.requests} request{'' if spent.requests == 1 else 's'}"
    return f"{VERDICTS[comparison.exit_code]}: {counts or 'no turns'} ({requests}, at most {spent.tokens:,} tokens)."


def as_json(comparison: Comparison) -> bytes:
    """Return the comparison as JSON."""
    value = {
        "tool": f"mockserver compare {__version__}",
        "scenario": comparison.scenario,
        "target": comparison.url,
        "verdict": headline(comparison),
        "exit_code": comparison.exit_code,
        "requests": comparison.spent.requests,
        "tokens_at_most": comparison.spent.tokens,
        "turns": [_turn(turn) for turn in comparison.turns],
    }
    return orjson.dumps(encodable(value), option=orjson.OPT_INDENT_2) + b"\n"


def _turn(turn: ComparedTurn) -> dict[str, object]:
    drifts = [{"promise": drift.promise, "expected": drift.expected, "got": drift.got} for drift in turn.drifts]
    return {
        "turn": turn.turn,
        "request": turn.request,
        "state": turn.state,
        **({"why": turn.reason} if turn.reason else {}),
        **({"drift": drifts} if drifts else {}),
    }


def as_junit(comparison: Comparison) -> bytes:
    """Return a test case for each turn, as the gate has one for each promise."""
    suite = Xml.Element(
        "testsuite",
        name=f"{comparison.scenario} against {comparison.url}",
        tests=str(len(comparison.turns)),
        failures=str(len(comparison.of("differs"))),
        errors=str(len(comparison.of("not checked"))),
        skipped=str(len(comparison.of("left out"))),
    )
    for turn in comparison.turns:
        case = Xml.SubElement(suite, "testcase", classname=comparison.scenario, name=f"turn {turn.turn}")
        if turn.state == "differs":
            text = "\n".join([in_xml(str(drift)) for drift in turn.drifts])
            Xml.SubElement(
                case, "failure", message=in_xml(str(turn.drifts[0])), type=turn.drifts[0].promise
            ).text = text
        elif turn.state == "not checked":
            Xml.SubElement(case, "error", message=in_xml(turn.reason), type="not checked")
        elif turn.state == "left out":
            Xml.SubElement(case, "skipped", message=in_xml(turn.reason))
    Xml.SubElement(suite, "system-out").text = headline(comparison)
    root = Xml.Element("testsuites")
    root.append(suite)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
