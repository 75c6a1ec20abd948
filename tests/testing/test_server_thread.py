"""The server of a test's process: what a test costs is counted in turns of the server's loop, each some 50 us."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx

from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import LoopRunner, server_thread
from tests.support.engine import HELLO

T = TypeVar("T")


class CountingRunner:
    """Counts the turns that a test takes of the server's loop."""

    def __init__(self, runner: LoopRunner) -> None:
        self.turns = 0
        self._runner = runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        self.turns += 1
        return self._runner.run(work)


def ask(gateway: GatewaySession) -> int:
    body = {"model": "m", "max_tokens": 9, "messages": HELLO}
    return httpx.post(f"{gateway.url}/v1/messages", json=body, headers={"x-api-key": gateway.key}).status_code


def test_a_test_takes_no_turn_of_the_servers_loop_beyond_its_requests() -> None:
    with server_thread() as server:
        counting = server.runner = CountingRunner(server.runner)
        gateway = GatewaySession(server, "built").error(429).reply("hi")
        assert [ask(gateway), ask(gateway)] == [429, 200]
        server.settle()
        waited = counting.turns  # once if the last answer was not in the journal yet
        gateway.assert_called(times=2)
        gateway.check()
        gateway.close()
        assert (waited <= 1, counting.turns - waited) == (True, 0)
