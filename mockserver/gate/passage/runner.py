"""Runs a gateway under test: asks each case through the gateway and without it, and compares the facts.

What the upstream sends is not written down a second time: the same question goes to the mock itself, on the wire on
which the gateway asked it, and on the wire of the client. A fact must arrive if both wires can carry it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import orjson

from mockserver.core.conversation import Json
from mockserver.core.errors import OperatorError
from mockserver.core.json_text import json_or_none
from mockserver.gate.passage.asking import PassageClient
from mockserver.gate.passage.cases import CANCELLATION, CASES, PassageCase
from mockserver.gate.passage.facts import ANSWER_FACTS, REQUEST_FACTS, PassageAnswer, same
from mockserver.gate.passage.results import FactResult, PassageResult, PassageRun
from mockserver.gate.passage.upstream import REFERENCE, mock_upstream, wire_of
from mockserver.journal.log import Exchange
from mockserver.wires import WIRES
from mockserver.wires.json_values import mapping, objects, string
from mockserver.wires.wire import Wire

PATHS: dict[str, tuple[str, ...]] = {
    "openai": ("/v1/chat/completions", "/chat/completions", "/api/v1/chat/completions"),
    "anthropic": ("/v1/messages", "/messages", "/anthropic/v1/messages"),
}
"""Wire -> the paths at which gateways offer it, the usual one first."""

NO_ROUTE = (404, 405)

PATIENCE = 3.0
"""Seconds in which a gateway must hang up on its upstream after its client has left."""

FALLBACK_MODEL = "claude-sonnet-4.5"


class PassageSettings(NamedTuple):
    """What the operator chose. `upstream` is the host and port on which the mock listens.

    `patience` is how long the gateway may go on asking its upstream after its client has left, in seconds.
    """

    url: str
    key: str
    upstream: tuple[str, int]
    model: str | None = None
    verify: bool = True
    cases: Sequence[PassageCase] = CASES
    patience: float = PATIENCE


class PassageRunner:
    """One run. `progress` is called with the name of each case before it is asked."""

    def __init__(self, settings: PassageSettings, progress: Callable[[str], None] = lambda name: None) -> None:
        self._settings = settings
        self._progress = progress

    def run(self) -> PassageRun:
        """Ask every case. Raises `OperatorError` if the gateway is not there, or does not ask the mock."""
        settings, start = self._settings, time.monotonic()
        cases = [CASES[0], *(case for case in settings.cases if case is not CASES[0])]
        with mock_upstream(cases, *settings.upstream) as upstream:
            self._upstream = upstream
            self._gateway = PassageClient(settings.url, settings.key, verify=settings.verify)
            self._direct = PassageClient(upstream.url, REFERENCE, headers={"x-mock-session": REFERENCE})
            listed = self._gateway.models()
            self._model = settings.model or _first_model(listed) or FALLBACK_MODEL
            run = PassageRun(self._gateway.base, upstream.url, self._model, began=time.time())
            try:
                self._ask_all(run, cases)
            except KeyboardInterrupt as stop:
                run.stopped = f"interrupted by {str(stop) or 'Ctrl-C'}"
            finally:
                self._gateway.close()
                self._direct.close()
        run.seconds = time.monotonic() - start
        return run

    def _ask_all(self, run: PassageRun, cases: Sequence[PassageCase]) -> None:
        refusals = []
        for name, paths in PATHS.items():
            path, trouble = self._find(WIRES[name], paths)
            if path is not None:
                run.wires[name] = path
                self._ask_wire(run, WIRES[name], path, cases)
            else:
                refusals.append(f"{paths[0]}: {trouble}")
                run.add_absent(name, cases, f"the gateway does not answer on this wire ({trouble})")
        if not run.wires:
            raise OperatorError(
                f"{run.url} did not ask the mock: give it {run.upstream} (or {run.upstream}/v1) as the base URL of its "
                f"model {self._model!r}, any key, and see --model and --key ({'; '.join(refusals)})"
            )

    def _find(self, wire: Wire, paths: Sequence[str]) -> tuple[str | None, str]:
        """Return the path at which the gateway offers a wire, or None and what it answered."""
        trouble = ""
        for path in paths:
            since = self._upstream.mark
            exchange = self._gateway.ask(path, _body(CASES[0], wire, self._model, stream=False))
            if self._upstream.requests(CASES[0], since):
                return path, ""
            trouble = trouble or (f"{exchange.status}" if exchange.status else "no answer")
            if exchange.status not in NO_ROUTE:
                trouble = f"{exchange.status or 'no answer'}: {exchange.payload[:160].decode('utf-8', 'replace')}"
                break
        return None, trouble

    def _ask_wire(self, run: PassageRun, wire: Wire, path: str, cases: Sequence[PassageCase]) -> None:
        for case in (case for case in cases if wire.name in case.wires):
            for form in case.forms:
                result = PassageResult(case, wire.name, form)
                self._progress(f"{wire.name}: {result.name}")
                body = _body(case, wire, self._model, stream=form == "stream")
                if case.name == CANCELLATION:
                    self._leave(result, path, body)
                else:
                    self._ask(result, wire, path, body)
                run.results.append(result)

    def _leave(self, result: PassageResult, path: str, body: bytes) -> None:
        since = self._upstream.mark
        self._gateway.leave(path, body)
        ended = self._upstream.wait_until_left(result.case, since, self._settings.patience)
        result.compared = 1
        if ended != "client_left":
            arrived = (
                "the whole answer was read" if ended else f"it was still reading after {self._settings.patience:g} s"
            )
            result.facts.append(FactResult("cancellation", "the client left", arrived))

    def _ask(self, result: PassageResult, wire: Wire, path: str, body: bytes) -> None:
        case, since = result.case, self._upstream.mark
        arrived = PassageAnswer(self._gateway.ask(path, body), wire)
        requests = self._upstream.requests(case, since)
        result.requests = len(requests)
        if not requests:
            status = arrived.exchange.status
            result.absent = 400 <= status < 500
            result.reason = f"the gateway answered {status or 'nothing'} without asking its upstream: {_words(arrived)}"
            return
        behind = wire_of(requests[-1])
        result.upstream = f"{behind.name}, POST {requests[-1].path}"
        if not requests[-1].note.turn:
            result.reason = f"the mock rejected what the gateway asked: {requests[-1].note.code}"
            return
        sent = self._direct_answer(case, behind, result.form)
        reference = sent if behind is wire else self._direct_answer(case, wire, result.form)
        for name in case.facts:
            fact = ANSWER_FACTS[name]
            result_of_fact = (fact(sent), fact(reference), fact(arrived))
            self._compare(result, name, *result_of_fact)
        self._compare_request(result, wire, body, requests[-1])
        if not result.compared:
            result.absent = True
            result.reason = f"the wire to the upstream ({behind.name}) cannot carry it"

    def _direct_answer(self, case: PassageCase, wire: Wire, form: str) -> PassageAnswer:
        """Return what the mock answers to the question of a case when nobody is between."""
        body = _body(case, wire, self._model, stream=form == "stream")
        return PassageAnswer(self._direct.ask(wire.route, body), wire)

    def _compare_request(self, result: PassageResult, wire: Wire, body: bytes, received: Exchange) -> None:
        """Compare what the client asked with what reached the upstream."""
        asked = wire.parse(orjson.loads(body), None)
        got = self._upstream.conversation(received)
        for name in result.case.request_facts:
            fact = REQUEST_FACTS[name]
            sent = fact(asked)
            self._compare(result, f"request: {name}", sent, sent, fact(got) if got is not None else None)

    @staticmethod
    def _compare(result: PassageResult, name: str, sent: str | None, carried: str | None, arrived: str | None) -> None:
        """Enter a fact, unless one of the two wires cannot carry it."""
        if sent is None or carried is None:
            return
        result.compared += 1
        if arrived is None or not same(name, sent, arrived):
            result.facts.append(FactResult(name, sent, arrived))


def _body(case: PassageCase, wire: Wire, model: str, *, stream: bool) -> bytes:
    extras = case.extras.get(wire.name, {})
    if not stream:
        extras = {name: value for name, value in extras.items() if name != "stream_options"}
    return orjson.dumps({**wire.ask(case.conversation(model, stream=stream)), **extras})


def _first_model(body: bytes) -> str:
    models: Iterator[Json] = (item.get("id") for item in objects(mapping(json_or_none(body)).get("data")))
    return next((string(name) for name in models if string(name)), "")


def _words(answer: PassageAnswer) -> str:
    return answer.exchange.payload[:160].decode("utf-8", "replace")
