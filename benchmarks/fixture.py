"""What a test pays for the fixture: the import, the first test and each later one, beside pytest-httpserver's.

Method: a test is the work of the fixture (make a session, check it, close it), of the test itself, and its requests
through one shared httpx client. The requests alone are measured in the same rounds, to tell the fixture's cost from
the client's. None of it includes pytest's own cost.

The import and the first test run in fresh processes: from nothing to a server that has answered one scripted request.
pytest-httpserver does the same test: expect one request, answer JSON, check.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import NamedTuple

import httpx
import orjson

from benchmarks.goals import Figure, Figures
from benchmarks.results import medians, ratio, rounds
from benchmarks.servers import ROOT, BenchmarkError

TESTS = 60
"""Tests in a round."""
PROCESSES = 5
BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}


class FirstTest(NamedTuple):
    """Milliseconds of the import, and of the first test after it."""

    imported: float
    tested: float


def measure() -> Figures:
    """Time imports and first tests in fresh processes, and later tests in this one."""
    with httpx.Client() as client, _gateway_tests(client) as tests:
        costs = rounds({name: _timed(test) for name, test in tests.items()})
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        processes = {"mock": partial(_in_a_process, folder, "mock"), "other": partial(_in_a_process, folder, "other")}
        for fill_the_caches in processes.values():
            fill_the_caches()
        firsts = rounds(processes, PROCESSES)
    return {
        "fixture.import": medians(firsts, "other", lambda first: first.imported),
        "fixture.first": medians(firsts, "other", lambda first: first.tested),
        "fixture.later": _beyond(costs, "default answer", 1),
        "fixture.built": _beyond(costs, "429 and reply, built", 2),
    }


def _beyond(costs: Mapping[str, list[float]], name: str, requests: int) -> Figure:
    """Return what a test costs beyond its requests, beside those."""
    alone = [requests * cost for cost in costs["request"]]
    beyond = [test - cost for test, cost in zip(costs[name], alone, strict=True)]
    return Figure(median(beyond), median(alone), ratio(beyond, alone))


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


def _in_a_process(bytecode: str, which: str) -> FirstTest:
    """Return the times of a fresh process whose bytecode is kept in a folder."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    command = [sys.executable, "-m", "benchmarks.fixture", which]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    if ran.returncode != 0:
        raise BenchmarkError(f"the first test failed: {ran.stderr.decode().strip().splitlines()[-1:]}")
    return FirstTest(*orjson.loads(ran.stdout))


def first() -> FirstTest:
    """Import the fixture, start its server, and run one test."""
    begun = time.perf_counter()
    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.server_thread import server_thread

    imported = time.perf_counter() - begun
    client = httpx.Client(trust_env=False)
    started = time.perf_counter()
    with client, server_thread() as host:
        gateway = GatewaySession(host, "first").reply("hi")
        client.post(f"{gateway.url}/v1/messages", json=BODY, headers={"x-api-key": gateway.key})
        gateway.check()
        return FirstTest(1_000 * imported, 1_000 * (time.perf_counter() - started))


def first_of_httpserver() -> FirstTest:
    """Do the same with pytest-httpserver, which is in the group `dev`."""
    begun = time.perf_counter()
    from pytest_httpserver import HTTPServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be measured too
    imported = time.perf_counter() - begun
    client = httpx.Client(trust_env=False)
    started = time.perf_counter()
    with client, HTTPServer() as server:
        server.expect_oneshot_request("/v1/messages", method="POST").respond_with_json({"content": "hi"})
        client.post(server.url_for("/v1/messages"), json=BODY)
        server.check_assertions()
        return FirstTest(1_000 * imported, 1_000 * (time.perf_counter() - started))


if __name__ == "__main__":
    print(orjson.dumps(list(first() if sys.argv[1] == "mock" else first_of_httpserver())).decode())
