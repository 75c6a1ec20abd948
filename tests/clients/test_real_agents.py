"""Real agents as clients: LangChain and pydantic-ai run their own tool loops against the gateway of a test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple, TypeAlias

import pytest

import mockserver
from mockserver.testing.gateway import GatewaySession
from tests.clients.roster import HERE, PACKAGES

FRAMEWORKS = ("langchain", "pydantic_ai")
WIRES = ("anthropic", "openai")
TIME_LIMIT = 120
"""Seconds for all jobs of a framework; it takes four, of which three are imports."""

Seen: TypeAlias = Mapping[str, object]
READ = {"tool_use": {"name": "read_file", "input": {"path": "/tmp/test.txt"}}}
OTHER = {"tool_use": {"name": "read_file", "input": {"path": "/tmp/other.txt"}}}


class Story(NamedTuple):
    """What the gateway plays, and what an agent must make of it."""

    play: Callable[[GatewaySession], object]
    said: str
    paths: list[str]
    requests: int


def _refused_once(gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 429}, headers={"retry-after-ms": "50"})
    gateway.reply(READ).turn(when={"last": "tool_result"}, reply="It says {{tool_result}}.", must=True)


STORIES: Mapping[str, Story] = {
    "a loop that begins with a 429": Story(_refused_once, "It says 42.", ["/tmp/test.txt"], 3),
    "two calls at a time": Story(
        lambda gateway: gateway.reply(READ, OTHER).turn(when={"last": "tool_result"}, reply="Both say so.", must=True),
        "Both say so.",
        ["/tmp/other.txt", "/tmp/test.txt"],
        2,
    ),
    "arguments that the tool does not take": Story(
        lambda gateway: gateway.tool_use("read_file", path=[7]).reply("My mistake.", must=True), "My mistake.", [], 2
    ),
    "a tool that there is not": Story(
        lambda gateway: gateway.tool_use("rm", path="/").reply("My mistake.", must=True), "My mistake.", [], 2
    ),
}
BREAKS: Mapping[str, Story] = {
    "a stream that breaks off": Story(lambda gateway: gateway.reply("one two three").fault("close", at=4), "", [], 1),
    "a call that breaks off": Story(lambda gateway: gateway.reply(READ).fault("close", at=4), "", [], 1),
    "an error event": Story(lambda gateway: gateway.reply("one two three").fault("error_event", at=4), "", [], 1),
}
STRUCTURED: Mapping[str, Story] = {
    "the mock's own JSON": Story(lambda gateway: None, "", [], 1),
    "scripted JSON": Story(
        lambda gateway: gateway.json({"city": "Oslo", "degrees": -3.5}, when={"response_format": "json_schema"}),
        '{"city": "Oslo", "degrees": -3.5}',
        [],
        1,
    ),
}


class Job(NamedTuple):
    """One agent, run once."""

    framework: str
    wire: str
    stream: bool
    story: str

    def __str__(self) -> str:
        return f"{self.framework}-{self.wire}-{'streamed' if self.stream else 'whole'}-{self.story}"


LOOPS = [
    Job(framework, wire, stream, story)
    for framework in FRAMEWORKS
    for wire in WIRES
    for stream in (False, True)
    for story in STORIES
]
PARSED = [
    Job(framework, wire, stream, story)
    for framework, stream in (("langchain", False), ("pydantic_ai", False), ("pydantic_ai", True))
    for wire in WIRES
    for story in STRUCTURED
]
BROKEN = [Job(framework, wire, True, story) for framework in FRAMEWORKS for wire in WIRES for story in BREAKS]


@pytest.fixture(scope="module")
def played() -> Iterator[Mapping[Job, tuple[GatewaySession, Seen]]]:
    """Every job with its gateway and what the agent saw: one process for all jobs of a framework."""
    found: dict[Job, tuple[GatewaySession, Seen]] = {}
    with ExitStack() as stack:
        for framework in FRAMEWORKS:
            jobs = [job for job in (*LOOPS, *PARSED, *BROKEN) if job.framework == framework]
            gateways = [stack.enter_context(mockserver.start(name=str(job))) for job in jobs]
            for job, gateway in zip(jobs, gateways, strict=True):
                {**STORIES, **STRUCTURED, **BREAKS}[job.story].play(gateway)
            lines = [
                {"wire": job.wire, "stream": job.stream, "structured": job.story in STRUCTURED, "env": gateway.env}
                for job, gateway in zip(jobs, gateways, strict=True)
            ]
            for job, gateway, seen in zip(jobs, gateways, _run(framework, lines), strict=True):
                found[job] = gateway, seen
        yield found


def _run(framework: str, jobs: list[dict[str, object]]) -> list[Seen]:
    """Return what a program saw of its jobs. It runs with the packages of the agents and no others."""
    packages = PACKAGES / "agents"
    ran = subprocess.run(
        [sys.executable, "-S", str(HERE / f"agent_{framework}.py")],
        input="".join([json.dumps(job) + "\n" for job in jobs]),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)},
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=False,
    )
    remedy = "" if packages.exists() else f"\n{packages} is not there: run {HERE / 'install.sh'}"
    assert ran.returncode == 0, ran.stderr + remedy
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("job", LOOPS, ids=str)
def test_an_agent_plays_its_loop_to_the_end_without_blame(
    played: Mapping[Job, tuple[GatewaySession, Seen]], job: Job
) -> None:
    gateway, seen = played[job]
    story = STORIES[job.story]
    assert seen == {"said": story.said, "paths": story.paths}, gateway.timeline()
    gateway.assert_called(times=story.requests)
    gateway.assert_order({"last": "user", "stream": job.stream}, {"last": "tool_result", "stream": job.stream})
    gateway.check()
    assert not gateway.verdict()


@pytest.mark.parametrize("job", PARSED, ids=str)
def test_an_agent_gets_structured_output(played: Mapping[Job, tuple[GatewaySession, Seen]], job: Job) -> None:
    gateway, seen = played[job]
    parsed = seen.get("parsed")
    assert isinstance(parsed, dict), gateway.timeline()
    assert (type(parsed["city"]), type(parsed["degrees"])) == (str, float)
    said = STRUCTURED[job.story].said
    assert not said or parsed == json.loads(said)
    gateway.check()
    assert not gateway.verdict()


@pytest.mark.parametrize("job", BROKEN, ids=str)
def test_an_agent_does_not_take_a_broken_answer_for_one(
    played: Mapping[Job, tuple[GatewaySession, Seen]], job: Job
) -> None:
    gateway, seen = played[job]
    assert list(seen) == ["error"], gateway.timeline()
    gateway.assert_called(times=1, stream=True)
    assert not gateway.verdict()
