"""Requests that schemathesis makes of any OpenAPI document, sent through the suite's client, and what they show.

Schemathesis has a phase for each kind: boundary values of every field and parameter, generated ones, and sequences
that follow the links of the document and those that it finds itself. It sends to an application in memory, which hands
every request on; so the run counts, bounds and checks them as all others. Schemathesis says nothing of credentials:
the document that it gets has no security schemes, and a request gets its credential on the way.
"""

import copy
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.contracts.client import Client, NotExaminable
from mockserver.contracts.document import METHODS
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest

DOCUMENT = "/gate-document.json"
"""The path under which schemathesis reads the document."""

CASE = "x-schemathesis-testcaseid"
"""The header that tells which case a request belongs to."""

CHECKS = (
    "negative_data_rejection",
    "positive_data_acceptance",
    "response_schema_conformance",
    "unsupported_method",
    "missing_required_header",
    "use_after_free",
    "ensure_resource_availability",
)
"""The checks of schemathesis that say what the suite's own do not."""

OTHER_METHODS = ("PUT", "PATCH", "TRACE")
"""Methods that a path is asked for if the document does not have them. No DELETE: it might work."""


@dataclass(frozen=True)
class Amount:
    """How much of each phase is sent: generated requests for each operation, sequences, and seconds in all."""

    coverage: bool
    fuzzing: int
    sequences: int
    seconds: float


@dataclass
class Explored:
    """One request that schemathesis made: its case, its exchange, its phase, and the checks that failed."""

    case: Any
    exchange: CheckedExchange
    phase: str
    failures: Mapping[str, Any] = field(default_factory=dict)


def explore(client: Client, amount: Amount) -> Iterator[Explored]:
    """Yield each request that schemathesis made.

    Raises what the client raised, which ends everything, and `NotExaminable` in the end if the time was too short.
    """
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import from_schema

    logging.getLogger("hypothesis").setLevel(logging.ERROR)
    application = _Application(client)
    config = SchemathesisConfig.from_dict(_settings(amount, client.target.seed))
    ends, is_over = time.monotonic() + amount.seconds, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_wsgi(DOCUMENT, application, config=config)
        stream = from_schema(schema).execute()
        for event in stream:
            if type(event).__name__ == "Interrupted" and application.trouble is None and not is_over:
                application.trouble = KeyboardInterrupt()
            if type(event).__name__ == "ScenarioFinished" and application.trouble is None:
                yield from _explored(event, application.exchanges)
            if application.trouble is not None or time.monotonic() > ends:
                is_over = True
                stream.stop()
    if application.trouble is not None:
        raise application.trouble
    if is_over:
        raise NotExaminable(f"{amount.seconds:g} s were not enough for the generated requests of every operation")


def _settings(amount: Amount, seed: int) -> dict[str, Any]:
    """Return a whole configuration, so that none is read from the folder in which the gate was started."""
    generation = {"database": "none", "allow-x00": False, "codec": "utf-8"}
    phases: dict[str, Any] = {
        "examples": {"enabled": amount.coverage},
        "coverage": {"enabled": amount.coverage, "unexpected-methods": list(OTHER_METHODS)},
        "fuzzing": {"enabled": amount.fuzzing > 0, "generation": {"max-examples": max(1, amount.fuzzing)}},
        "stateful": {"enabled": amount.sequences > 0, "generation": {"max-examples": max(1, amount.sequences)}},
    }
    checks: dict[str, Any] = {"enabled": False, **{name: {"enabled": True} for name in CHECKS}}
    return {
        "seed": seed,
        "workers": 1,
        "continue-on-failure": True,
        "generation": generation,
        "phases": phases,
        "checks": checks,
    }


def _explored(event: Any, exchanges: Mapping[str, CheckedExchange]) -> Iterator[Explored]:
    recorder = event.recorder
    for id, node in recorder.cases.items():
        if id not in exchanges:
            continue
        checks = recorder.checks.get(id, ())
        failures = {one.name: one.failure_info.failure for one in checks if one.failure_info is not None}
        yield Explored(node.value, exchanges[id], event.phase.value, failures)


class _Application:
    """A WSGI application that hands every request on to the client. What the client raises ends the exploration."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._document = json.dumps(_explorable(client)).encode()
        self._open: dict[str, ReceivedResponse] = {}
        self.exchanges: dict[str, CheckedExchange] = {}
        self.trouble: BaseException | None = None

    def __call__(
        self, environ: Mapping[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
    ) -> list[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] == DOCUMENT:
            start("200 OK", [("content-type", "application/json")])
            return [self._document]
        request = _request(environ)
        response = self._answer(request, request.headers.get(CASE, ""))
        headers = [(name, value) for name, value in response.headers if name not in HOP_BY_HOP]
        start(f"{response.status or 503} -", headers)
        return [response.body]

    def _answer(self, request: SentRequest, case: str) -> ReceivedResponse:
        operation = self._client.document.find(request.method, request.path)
        name = operation.name if operation is not None else ""
        if self.trouble is not None or name in self._open:
            return self._open.get(name, ReceivedResponse(503))
        headers = {key: value for key, value in request.headers.items() if key not in OWN_HEADERS}
        plain = replace(request, headers=headers)
        try:
            exchange = self._client.send(self._client.authorized(operation, plain) if operation else plain)
        except BaseException as error:  # it belongs to the run, not to schemathesis
            self.trouble = error
            return ReceivedResponse(503)
        self.exchanges[case] = exchange
        if exchange.response.is_open_stream:  # each would cost its full time limit
            self._open[name] = exchange.response
        return exchange.response


HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "upgrade"})
"""Headers that say nothing of an answer which is already here, and which WSGI does not allow."""


OWN_HEADERS = frozenset({CASE, "user-agent", "accept-encoding", "connection"})
"""Headers that schemathesis adds for a client of its own."""


def _request(environ: Mapping[str, Any]) -> SentRequest:
    """Return the request of a WSGI environment."""
    fields = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_") and name != "HTTP_HOST"}
    fields |= {name: environ[name] for name in ("CONTENT_TYPE",) if environ.get(name)}
    headers = {name.replace("_", "-").lower(): str(value) for name, value in fields.items()}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else None
    path, query = str(environ["REQUEST_URI"]).partition("?")[0], environ.get("QUERY_STRING")
    return SentRequest(str(environ["REQUEST_METHOD"]), f"{path}?{query}" if query else path, headers, body)


SAFE = {"get", "head", "options", "post"}
"""Methods that change nothing which is there already."""


def _explorable(client: Client) -> Mapping[str, Any]:
    """Return the document without what is examined otherwise: security, and what a model answers.

    A run that is not thorough changes and deletes nothing but what its probes have created.
    """
    document = copy.deepcopy(client.document.source)
    document.pop("security", None)
    document["servers"] = [{"url": client.document.base or "/"}]
    spoken = {(each.method.lower(), each.path) for each in client.document.operations.values() if each.speaks}
    for path, item in document["paths"].items():
        for method in [*filter(METHODS.__contains__, item)]:
            is_left_out = method not in SAFE and not client.target.thorough
            if is_left_out or (method, client.document.base + path) in spoken:
                del item[method]
            else:
                item[method].pop("security", None)
    return document
