"""The suite inside `schemathesis run`: every judge as a check, and the scenes after the run.

    export GATEWAY_URL=http://localhost:8000 GATEWAY_KEY=sk_…
    schemathesis --config-file contracts/schemathesis.toml run openapi.yaml

schemathesis sends what it generates; each answer goes past the judges. What its generated requests cannot show is left
to the scenes, which run once at the end as they do in `mockserver contract`, with the same options: each may be set in
the environment, as GATE_PROFILE or GATE_BASELINE. With GATE_SCENES=off only the judges run.
"""

import os
import time
from functools import cache
from typing import Any

import schemathesis

from mockserver.contracts.check import ExchangeView, Memory
from mockserver.contracts.exchange import CheckedExchange, Ended, ReceivedResponse, SentRequest
from mockserver.contracts.promises import PROMISES
from mockserver.contracts.suite import run_checks
from mockserver.gate.environment import Rules, rules_from, run_from
from mockserver.gate.redact import redact_deviation
from mockserver.gate.reports.terminal import lines

_memory = Memory()


@cache
def rules() -> Rules:
    """Return the contract and the promises in force, as the options of the environment say."""
    return rules_from([])


def exchange_of(received: Any, case: Any) -> CheckedExchange:
    """What schemathesis recorded, as the judges know it."""
    sent = received.request
    headers = {name.lower(): str(value) for name, value in sent.headers.items()}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    request = SentRequest(sent.method, case.formatted_path, headers, body)
    fields = tuple((name.lower(), value) for name, values in received.headers.items() for value in values)
    ended: Ended = "endless" if getattr(received, "stream_cut_short", False) else "complete"
    response = ReceivedResponse(received.status_code, fields, received.content or b"", ended, received.elapsed)
    found = rules().document.find(request.method, request.path)
    return CheckedExchange(request, response, found.name if found else "", time.time())


@schemathesis.check
def gateway_promises(ctx: Any, response: Any, case: Any) -> None:
    """Every judge, on one answer."""
    exchange = exchange_of(response, case)
    document = rules().document
    view = ExchangeView(exchange, document, document.operations.get(exchange.operation), _memory, rules().short_sse)
    checked = run_checks(view, lambda name: rules().in_force(name) and name not in ONLY_IN_RUNS)
    found = [redact_deviation(finding) for _, findings in checked for finding in findings]
    if found:
        told = [f"{one.promise} [{PROMISES[one.promise].source}]: {one.got}" for one in found]
        raise AssertionError("\n".join(told))


ONLY_IN_RUNS = ("ids-unique", "request-id-unique", "no-server-error")
"""Schemathesis asks for the same thing again while it shrinks, and its own 5xx check knows the exceptions."""


@schemathesis.check
class GatewayProbes:
    """After the run, the scenes."""

    def after_response(self, ctx: Any, response: Any, case: Any) -> None:
        """Nothing: the judges have seen it."""

    def after_run(self, ctx: Any) -> None:
        """Play the scenes of the profile; fail with every promise that was broken."""
        if not os.environ.get("GATEWAY_URL") or os.environ.get("GATE_SCENES") == "off":
            return
        run = run_from([])
        if not run.passed:
            raise AssertionError("\n".join(lines(run)))
