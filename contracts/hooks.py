"""The suite inside `schemathesis run`: every check on its requests, and the probes at the end.

    export GATEWAY_URL=http://localhost:8000 GATEWAY_KEY=sk_…
    schemathesis --config-file contracts/schemathesis.toml run openapi.yaml

Each answer to a request that schemathesis generates passes the checks. The probes run once at the end, as in
`mockserver contract` and with the same options: each can be set in the environment, such as GATE_PROFILE or
GATE_BASELINE. With GATE_SCENES=off only the checks run.
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
    """Return what schemathesis recorded, as an exchange of the suite."""
    sent = received.request
    headers = {name.lower(): str(value) for name, value in sent.headers.items()}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    request = SentRequest(sent.method, case.formatted_path, headers, body)
    fields = tuple((name.lower(), value) for name, values in received.headers.items() for value in values)
    ended: Ended = "endless" if getattr(received, "stream_cut_short", False) else "complete"
    response = ReceivedResponse(received.status_code, fields, received.content or b"", ended, received.elapsed)
    operation = rules().document.find(request.method, request.path)
    return CheckedExchange(request, response, operation.name if operation else "", time.time())


@schemathesis.check
def gateway_promises(ctx: Any, response: Any, case: Any) -> None:
    """Run every check on one answer."""
    exchange = exchange_of(response, case)
    document = rules().document
    view = ExchangeView(exchange, document, document.operations.get(exchange.operation), _memory, rules().short_sse)
    lines = []
    for outcome in run_checks(view, lambda name: rules().in_force(name) and name not in ONLY_IN_RUNS):
        source = PROMISES[outcome.promise].source
        news = [deviation for deviation in outcome.deviations if not rules().accepts(deviation)]
        lines += [f"{deviation.promise} [{source}]: {redact_deviation(deviation).got}" for deviation in news]
    if lines:
        raise AssertionError("\n".join(lines))


ONLY_IN_RUNS = ("ids-unique", "request-id-unique", "no-server-error")
"""Promises that are not checked here: schemathesis repeats requests to shrink a failure, and checks 5xx itself."""


@schemathesis.check
class GatewayProbes:
    """The probes, after the run."""

    def after_response(self, ctx: Any, response: Any, case: Any) -> None:
        """Do nothing: `gateway_promises` has checked the answer."""

    def after_run(self, ctx: Any) -> None:
        """Run the probes of the profile, and fail with every promise that was broken."""
        if not os.environ.get("GATEWAY_URL") or os.environ.get("GATE_SCENES") == "off":
            return
        run = run_from([])
        if not run.passed:
            raise AssertionError("\n".join(lines(run)))
