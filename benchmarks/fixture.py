"""What a test pays for the fixture: the first test and each later one, beside pytest-httpserver in the same run.

Method: a test is the work of the fixture (make a session, check it, close it), of the test itself, and its requests
through one shared httpx client. The requests alone are measured in the same rounds, to tell the fixture's cost from
the client's. pytest-httpserver does the same test: expect one request, answer JSON, check, clear. Neither includes
pytest's own cost.

The first test runs in a fresh process that has imported everything: from nothing to a server that has answered one
scripted request. It is measured twice: normally, with the parsed contract cached beside Python's bytecode, and with
PYTHONDONTWRITEBYTECODE, where every process parses openapi.yaml.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from statistics import median

import httpx
import orjson

from benchmarks.results import Goal, Report, Row, ratio, rounds
from benchmarks.servers import ROOT, BenchmarkError

TESTS = 60
"""Tests in a round. @(FIRST_LIMIT, NEXT_LIMIT) | Milliseconds for the first test, and for a later one."""
FIRST_LIMIT, NEXT_LIMIT = 150.0, 2.0
"""Milliseconds."""
BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}


def measure() -> Report:
    """Time the first test in fresh processes, and later tests beside pytest-httpserver."""
    with ExitStack() as stack, httpx.Client() as client:
        tests, server = stack.enter_context(_gateway_tests(client)), stack.enter_context(_httpserver_test(client))
        costs = rounds({name: _timed(test) for name, test in {**tests, "httpserver": server}.items()})
    rows, goals = [_row("first test after import", kept=True), _row("  where no bytecode is kept", kept=False)], []
    goals += [Goal(row.what.strip(), "ms", row.mock, FIRST_LIMIT, row.remark) for row in rows]
    requests = median(costs["request"])
    for name, number in (("default answer", 1), ("429 and reply, built", 2)):
        own, beside = median(costs[name]), costs["httpserver"] if number == 1 else None
        rows.append(
            Row(
                f"test, {name}",
                "ms/test",
                own,
                median(beside) if beside else None,
                ratio(costs[name], beside) if beside else None,
                "beside pytest-httpserver" if beside else f"{number} requests",
            )
        )
        fixture = median([test - number * alone for test, alone in zip(costs[name], costs["request"], strict=True)])
        goals.append(Goal(f"test, {name}", "ms", fixture, NEXT_LIMIT, f"beyond its requests of {requests:.2f} ms"))
    return Report(rows, goals)


def _timed(test: Callable[[int], None]) -> Callable[[], float]:
    """Return a function that runs a round of tests and returns the median time of one, in milliseconds."""

    def measured() -> float:
        times = []
        for number in range(TESTS):
            started = time.perf_counter()
            test(number)
            times.append(1000 * (time.perf_counter() - started))
        return median(times)

    return measured


@contextmanager
def _gateway_tests(client: httpx.Client) -> Iterator[Mapping[str, Callable[[int], None]]]:
    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.server_thread import server_thread

    with server_thread() as host:

        def ask(url: str, key: str) -> None:
            client.post(f"{url}/v1/messages", json=BODY, headers={"x-api-key": key})

        def end(gateway: GatewaySession, times: int) -> None:
            gateway.assert_called(times=times)
            gateway.check()
            gateway.close()

        def default(number: int) -> None:
            gateway = GatewaySession(host, f"default {number}")
            ask(gateway.url, gateway.key)
            end(gateway, 1)

        def built(number: int) -> None:
            gateway = GatewaySession(host, f"built {number}").error(429).reply(f"hi {number}")
            ask(gateway.url, gateway.key)
            ask(gateway.url, gateway.key)
            end(gateway, 2)

        yield {
            "request": lambda _: ask(host.url, "sk_test"),
            "default answer": default,
            "429 and reply, built": built,
        }


@contextmanager
def _httpserver_test(client: httpx.Client) -> Iterator[Callable[[int], None]]:
    try:
        from pytest_httpserver import HTTPServer
    except ImportError:
        raise BenchmarkError("pytest-httpserver is not installed; it is in the group `dev`") from None
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be measured too
    with HTTPServer() as server:

        def test(_: int) -> None:
            server.expect_oneshot_request("/v1/messages", method="POST").respond_with_json({"content": "hi"})
            client.post(server.url_for("/v1/messages"), json=BODY)
            server.check_assertions()
            server.clear()

        yield test


def _row(what: str, *, kept: bool) -> Row:
    """Return the time of the first test in fresh processes. The first of them fills the caches and does not count."""
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        if not kept:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        times = [_in_a_process(environment) for _ in range(6)][1:]
    ready, done = (median([pair[place] for pair in times]) for place in (0, 1))
    return Row(what, "ms", done, remark=f"server ready after {ready:.0f} ms")


def _in_a_process(environment: Mapping[str, str]) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.fixture"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    if ran.returncode != 0:
        raise BenchmarkError(f"the first test failed: {ran.stderr.decode().strip().splitlines()[-1:]}")
    times: list[float] = orjson.loads(ran.stdout)
    return times


def first() -> list[float]:
    """Return the milliseconds until the server was ready, and until the first test of this process had ended."""
    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.server_thread import server_thread

    with httpx.Client() as client:
        started = time.perf_counter()
        with server_thread() as host:
            ready = time.perf_counter() - started
            gateway = GatewaySession(host, "first").reply("hi")
            client.post(f"{gateway.url}/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
            gateway.check()
            return [1000 * ready, 1000 * (time.perf_counter() - started)]


if __name__ == "__main__":
    import mockserver.testing.gateway  # noqa: F401 - imports are not part of the first test

    print(orjson.dumps(first()).decode())
