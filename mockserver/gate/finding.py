"""A finding asked again, for tests that the gate writes: `--pytest FILE` makes a file of them."""

import time
from collections.abc import Mapping
from typing import Any

from mockserver.contracts.client import Client, Target
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.probes.conversations import RULES, Questioner
from mockserver.gate.client import HttpClient
from mockserver.gate.environment import rules_from, run_from
from mockserver.gate.options import read_options


def assert_kept(promise: str) -> None:
    """Run the gate for one promise. Raises `AssertionError` with what was seen if it is not kept."""
    entry = run_from(["--only", promise]).results.entries[promise]
    got = [deviation.got for deviation in entry.deviations] or [entry.reason]
    assert entry.state == "kept", f"{promise} is {entry.state}: {'; '.join(got)}"


def assert_conversation_kept(promise: str, operation: str, body: Mapping[str, Any]) -> None:
    """Ask one conversation by the rule of its promise. Raises `AssertionError` with what was seen."""
    settings, document = read_options([]).settings(), rules_from([]).document
    http = HttpClient(settings.url, settings.limits, verify=settings.verify)
    client = Client(document, Target(settings.key), http, _unrecorded, _unreported, time.time, time.sleep)
    try:
        finding = RULES[promise](Questioner(client, document.operations[operation]), dict(body))
    finally:
        http.close()
    assert finding is None, f"{promise}: {finding.got}"


def _unrecorded(exchange: CheckedExchange) -> None:
    """Keep nothing: the rule alone decides."""


def _unreported(promise: str, kept: bool, got: str, exchange: CheckedExchange | None) -> None:
    """Report nothing: the rule returns what it finds."""
