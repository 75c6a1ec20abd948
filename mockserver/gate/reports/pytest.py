"""A pytest file: a test for each broken promise, and for each conversation that the gate has made small.

    GATEWAY_URL=… GATEWAY_KEY=… pytest FILE

It contains no credential and no address; both come from the environment, as do all options of the gate.
"""

import re
from collections.abc import Iterator
from pprint import pformat

from mockserver.contracts.check import Deviation
from mockserver.contracts.probes.conversations import RULES
from mockserver.gate.reports.text import printable
from mockserver.gate.runner import GateRun

HEAD = '''"""What the contract gate found broken. Set GATEWAY_URL and GATEWAY_KEY, then run: pytest FILE."""

from mockserver.gate.finding import assert_conversation_kept, assert_kept
'''


def render(run: GateRun) -> bytes:
    """Return the file. Without a broken promise it has no test."""
    tests = [
        test
        for result in run.results.of("broken")
        for number, deviation in enumerate(_told_apart(result.name, result.deviations), 1)
        for test in _test(result.name, number, deviation)
    ]
    return "\n".join([HEAD, *tests]).encode("utf-8", "backslashreplace")


def _told_apart(promise: str, deviations: list[Deviation]) -> list[Deviation]:
    """Return the deviations that get a test of their own: each conversation, otherwise only the first."""
    return deviations if promise in RULES else deviations[:1] or [Deviation(promise, "")]


def _test(promise: str, number: int, deviation: Deviation) -> Iterator[str]:
    name = re.sub(r"\W", "_", promise)
    exchange = deviation.exchange
    body = exchange.request.json if exchange else None
    yield f"\ndef test_{name}_{number}() -> None:"
    yield f"    # got: {printable(deviation.got)}"
    if promise in RULES and exchange is not None and isinstance(body, dict):
        shown = pformat(body, width=110, sort_dicts=False).replace("\n", "\n    ")
        yield f"    body = {shown}"
        yield f"    assert_conversation_kept({promise!r}, {exchange.operation!r}, body)\n"
    else:
        yield f"    assert_kept({promise!r})\n"
