"""The verdict finds nothing in what correct clients do: every Python SDK, its own retries and waits, on both clocks."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple, TypeAlias

import pytest

from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import server_thread
from tests.clients.roster import HERE, PACKAGES

Play: TypeAlias = Callable[[GatewaySession], object]
PYTHONS = ("current", "previous", "oldest")
WIRES = ("anthropic", "openai")
BOTH = ("virtual", "real")
TIME_LIMIT = 240
"""Seconds for the clients of one set of packages, on a machine that has much else to do; it takes some six."""


class Story(NamedTuple):
    """What the gateway plays to which use of an SDK, and how many requests come of it; None where that is a race."""

    use: str
    play: Play
    requests: int | None
    fails: bool = False
    clocks: tuple[str, ...] = ("real",)


def _status(status: int, times: int | str = 1, **headers: str) -> Play:
    """Return a scenario that repeats an error, then answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def play(gateway: GatewaySession) -> object:
        gateway.turn(error={"status": status}, headers=named, times=times)
        return gateway if times == "always" else gateway.reply("ok", times="always")

    return play


STORIES: Mapping[str, Story] = {
    "an answer": Story("ask", lambda gateway: gateway.reply("ok"), 1),
    "a conversation": Story("talk", lambda gateway: gateway.reply("ok", times="always"), 3),
    "429 with a wait": Story("ask", _status(429, retry_after="1"), 2, clocks=BOTH),
    "429 with a wait, streamed": Story("stream", _status(429, retry_after="1"), 2),
    "429 in milliseconds, twice": Story("ask", _status(429, 2, retry_after_ms="300"), 3),
    "429 until it gives up": Story("ask", _status(429, "always", retry_after_ms="100"), 3, fails=True),
    "429 with a date": Story("ask", _status(429, retry_after="Thu, 01 Jan 2026 00:00:01 GMT"), 2),
    "503 without a word": Story("ask", _status(503, retry_after="soon"), 2, clocks=BOTH),
    "529": Story("stream", _status(529), 2),
    "500": Story("ask", _status(500), 2),
    "409": Story("ask", _status(409), 2),
    "408": Story("ask", _status(408), 2),
    "400": Story("ask", _status(400), 1, fails=True),
    "401": Story("stream", _status(401), 1, fails=True),
    "402": Story("ask", _status(402), 1, fails=True),
    "404": Story("ask", _status(404), 1, fails=True),
    "a reset before the answer": Story("ask", lambda gateway: gateway.reply("x").fault("reset").reply("ok"), 2),
    "a stream that breaks off": Story(
        "stream", lambda gateway: gateway.reply("one two three").fault("close", at=4), 1, fails=True
    ),
    "an answer that is late": Story(
        "impatient", lambda gateway: gateway.reply("x", pace={"first": "60s"}).reply("ok", times="always"), None
    ),
    "a stream that is left": Story("leaves", lambda gateway: gateway.reply("one two three", pace={"rate": "10/s"}), 1),
    "four threads, some refused": Story("threads", _status(429, 2, retry_after_ms="200"), 6, clocks=BOTH),
    "four tasks, some refused": Story("tasks", _status(503, 2, retry_after_ms="200"), 6),
}
JOBS = [
    (packages, wire, clock, story)
    for packages in PYTHONS
    for wire in WIRES
    for clock in BOTH
    for story in STORIES
    if clock in STORIES[story].clocks
]
Job: TypeAlias = tuple[str, str, str, str]
Seen: TypeAlias = Mapping[str, object]


@pytest.fixture(scope="module")
def played() -> Iterator[Mapping[Job, tuple[GatewaySession, Seen]]]:
    """Every job with its gateway and what the client got. The clients of a set of packages share a process."""
    gateways: dict[Job, GatewaySession] = {}
    seen: dict[Job, Seen] = {}
    with ExitStack() as stack:
        hosts = {clock: stack.enter_context(server_thread(virtual=clock == "virtual")) for clock in BOTH}
        for job in JOBS:
            gateways[job] = GatewaySession(hosts[job[2]], "-".join(job))
            STORIES[job[3]].play(gateways[job])
        running = {packages: _start(packages, gateways) for packages in PYTHONS}
        for packages, process in running.items():
            out, complaints = process.communicate(timeout=TIME_LIMIT)
            assert process.returncode == 0, complaints
            jobs = [job for job in JOBS if job[0] == packages]
            seen |= dict(zip(jobs, [json.loads(line) for line in out.splitlines()], strict=True))
        yield {job: (gateways[job], seen[job]) for job in JOBS}


def _start(packages: str, gateways: Mapping[Job, GatewaySession]) -> "subprocess.Popen[str]":
    folder = PACKAGES / packages
    assert folder.is_dir(), f"{folder} is not there: run {HERE / 'install.sh'}"
    process = subprocess.Popen(
        [sys.executable, "-S", str(HERE / "python_correct.py")],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdin is not None
    for job, gateway in gateways.items():
        if job[0] == packages:
            url = gateway.url if job[1] == "anthropic" else gateway.openai_url
            told = {"wire": job[1], "use": STORIES[job[3]].use, "url": url, "key": gateway.key}
            process.stdin.write(json.dumps(told) + "\n")
    process.stdin.close()
    process.stdin = None  # communicate() must not close it again
    return process


@pytest.mark.parametrize("job", JOBS, ids="-".join)
def test_a_correct_client_is_without_blame(played: Mapping[Job, tuple[GatewaySession, Seen]], job: Job) -> None:
    gateway, seen = played[job]
    story = STORIES[job[3]]
    if story.requests is not None:
        assert list(seen) == ["error" if story.fails else "texts"], (seen, gateway.timeline())
        gateway.assert_called(times=story.requests)
    assert gateway.journal
    assert not gateway.verdict(), gateway.timeline()
