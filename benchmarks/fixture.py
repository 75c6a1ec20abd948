"""What a test pays for the fixture: the first one, and each one after it, beside pytest-httpserver if it is installed.

    python -m benchmarks.fixture

Each test sends one POST through one shared httpx client; the client's own cost is measured against a bare request and
told with the others. Targets: under 2 ms a test beyond the first, the first under 150 ms after import.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median, quantiles

import httpx

TESTS = 300
BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}


def main() -> None:
    """Print the table."""
    import mockserver.testing  # noqa: F401 - imports are not part of the first test
    from mockserver.host import hosting
    from mockserver.testing import GatewaySession

    with ExitStack() as stack, httpx.Client() as client:
        started = time.perf_counter()
        host = stack.enter_context(hosting())
        ready = 1000 * (time.perf_counter() - started)
        first = GatewaySession(host, "first").reply("hi")
        client.post(f"{first.url}/v1/messages", json=BODY, headers={"x-api-key": first.key})
        first.check()
        print(f"gateway: server ready after {ready:.0f} ms, first test done after {_since(started):.0f} ms")

        def default(number: int) -> None:
            """A test that answers by default."""
            gateway = GatewaySession(host, f"default {number}")
            client.post(f"{gateway.url}/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
            gateway.assert_called(times=1)
            gateway.check()
            gateway.close()

        def scripted(number: int) -> None:
            """A test that builds a 429 and a reply, and plays both."""
            gateway = GatewaySession(host, f"scripted {number}").error(429).reply(f"hi {number}")
            for _ in range(2):
                client.post(f"{gateway.url}/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
            gateway.assert_called(times=2)
            gateway.check()
            gateway.close()

        def bare(_: int) -> None:
            """The request alone."""
            client.post(f"{host.url}/v1/messages", json=BODY, headers={"x-api-key": "sk_test"})

        for name, work in (("one request, no test", bare), ("default answer", default), ("429 then reply", scripted)):
            _print(name, work)
        _beside(client)


def _beside(client: httpx.Client) -> None:
    try:
        from pytest_httpserver import HTTPServer
    except ImportError:
        print("pytest-httpserver is not installed")
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be measured too
    server = HTTPServer()
    server.start()

    def work(_: int) -> None:
        server.expect_oneshot_request("/v1/messages", method="POST").respond_with_json({"content": "hi"})
        client.post(server.url_for("/v1/messages"), json=BODY)
        server.check_assertions()
        server.clear()

    _print("pytest-httpserver", work)
    server.stop()


def _since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def _print(name: str, work: Callable[[int], None]) -> None:
    times = []
    for number in range(TESTS):
        started = time.perf_counter()
        work(number)
        times.append(_since(started))
    print(f"{name:<22} p50 {median(times):6.2f} ms   p90 {quantiles(times, n=10)[-1]:6.2f} ms")


if __name__ == "__main__":
    main()
