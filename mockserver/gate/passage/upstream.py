"""The mock as the upstream of a gateway: it plays every case, and says what reached it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mockserver.core.conversation import Conversation
from mockserver.engine.request import Request
from mockserver.engine.settings import EngineSettings
from mockserver.gate.passage.cases import PassageCase
from mockserver.journal.log import Exchange
from mockserver.journal.record import call_of
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.schema import Scenario
from mockserver.testing.server_thread import ServerThread, server_thread
from mockserver.wires import wire_of_path
from mockserver.wires.wire import Wire

NAME = "gateway-under-test"

EXTENSIONS = ("responses",)
"""APIs that gateways ask their upstream for, although it is another that their client has asked."""

REFERENCE = "reference"
"""The session of the questions that are asked without the gateway between, to know what the upstream sends."""


class MockUpstream:
    """The running mock."""

    def __init__(self, server: ServerThread) -> None:
        self._server = server
        self.url = server.url

    @property
    def mark(self) -> int:
        """The number of the last request so far."""
        return self._server.app.journal.entered

    def requests(self, case: PassageCase, since: int) -> list[Exchange]:
        """Return what the gateway asked for a case since a mark, oldest first."""
        self._server.settle()
        mark = case.mark.encode()
        return [
            exchange
            for exchange in self._server.app.journal
            if exchange.number > since and exchange.note.session != REFERENCE and mark in exchange.body
        ]

    def conversation(self, exchange: Exchange) -> Conversation | None:
        """Return what a request says, or None if it cannot be read."""
        request = Request(exchange.method, exchange.path, exchange.captured.headers, exchange.body)
        return call_of(request, self._server.contract, lenient=True).conversation

    def wait_until_left(self, case: PassageCase, since: int, seconds: float) -> str:
        """Wait for the end of an answer, and return how it ended; an empty string if it goes on."""
        ended: list[str] = []

        def is_over() -> bool:
            journal = self._server.app.journal
            mark = case.mark.encode()
            ended[:] = [entry.outcome.ended for entry in journal if entry.number > since and mark in entry.body]
            return bool(ended)

        self._server.wait(is_over, seconds)
        return ended[0] if ended else ""


def wire_of(exchange: Exchange) -> Wire:
    """Return the wire that a gateway speaks with its upstream."""
    return wire_of_path(exchange.path)


@contextmanager
def mock_upstream(cases: Sequence[PassageCase], host: str, port: int) -> Iterator[MockUpstream]:
    """Serve the cases while the block runs. Raises `OperatorError` if the port is taken."""
    settings = EngineSettings(scenario=NAME, lenient=True)
    with server_thread(virtual=False, host=host, port=port, settings=settings, extensions=EXTENSIONS) as server:
        turns = [{"when": {"text": {"contains": case.mark}}, "times": "always", **case.turn} for case in cases]
        scenario = Scenario.model_validate({"scenario": NAME, "after": "default", "turns": turns})
        script, problems = compile_scenario(scenario, server.contract)
        assert not problems, problems
        server.scripts.put(NAME, script)
        yield MockUpstream(server)
