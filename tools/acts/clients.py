"""The clients: which program drives each, with which packages, on which wire.

A program is one process for all of a client's acts. The versions are read from what is installed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

PROGRAMS = Path(__file__).resolve().parent / "programs"
PACKAGES = Path(__file__).resolve().parents[2] / ".clients"

TIME_LIMIT = 180
"""Seconds for all acts of a client; the slowest take twenty, most of it for imports."""

Job: TypeAlias = dict[str, object]
Shown: TypeAlias = dict[str, Any]
"""What a program tells of an act: what the client showed, or its error. See `programs/program.py`."""


class ClientUnderTest(NamedTuple):
    """A client. `name` is also that of its profile; `wire` is what its program calls the wire or provider.

    `profile` says whether its requests are kept as a profile: those of the newest majors are.
    """

    name: str
    package: str
    program: str
    packages: str
    wire: str
    profile: bool = True

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions that the gateway must serve."""
        return ("responses",) if self.wire == "responses" else ()

    @property
    def is_python(self) -> bool:
        """Whether it runs on Python; else on Node."""
        return self.program.endswith(".py")

    @property
    def folder(self) -> Path:
        """Where its packages are."""
        return PACKAGES / self.packages

    def version(self) -> str:
        """Return the installed version of its package."""
        if self.is_python:
            found = distributions(name=self.package, path=[str(self.folder)])
            return next(iter(found)).version
        text = (self.folder / "node_modules" / self.package / "package.json").read_text(encoding="utf-8")
        return str(json.loads(text)["version"])

    def run(self, jobs: Sequence[Job]) -> list[Shown | None]:
        """Return what the client showed of each job; None for what it cannot do."""
        if not self.folder.is_dir():
            raise SystemExit(f"{self.folder} is not there: run `make acts`, which installs it")
        python, node = [sys.executable, "-S"], ["node", "--experimental-import-meta-resolve"]
        done = subprocess.run(
            [*(python if self.is_python else node), str(PROGRAMS / self.program)],
            input="".join([json.dumps(job) + "\n" for job in jobs]),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.folder),
                "CLIENT_PACKAGES": str(self.folder),
                "NO_PROXY": "127.0.0.1",
            },
            capture_output=True,
            encoding="utf-8",
            timeout=TIME_LIMIT,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"{self.program} with {self.packages}: {done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]


CLIENTS = (
    ClientUnderTest("anthropic-python", "anthropic", "anthropic_python.py", "current", "anthropic"),
    ClientUnderTest("anthropic-python-previous", "anthropic", "anthropic_python.py", "previous", "anthropic", False),
    ClientUnderTest("anthropic-node", "@anthropic-ai/sdk", "anthropic_node.mjs", "node", "anthropic"),
    ClientUnderTest(
        "anthropic-node-previous", "@anthropic-ai/sdk", "anthropic_node.mjs", "node-previous", "anthropic", False
    ),
    ClientUnderTest("openai-python", "openai", "openai_python.py", "current", "openai"),
    ClientUnderTest("openai-python-previous", "openai", "openai_python.py", "previous", "openai", False),
    ClientUnderTest("openai-python-responses", "openai", "openai_responses_python.py", "current", "responses"),
    ClientUnderTest("openai-node", "openai", "openai_node.mjs", "node", "openai"),
    ClientUnderTest("openai-node-previous", "openai", "openai_node.mjs", "node-previous", "openai", False),
    ClientUnderTest("vercel-anthropic", "@ai-sdk/anthropic", "vercel_node.mjs", "node", "anthropic"),
    ClientUnderTest("vercel-openai", "@ai-sdk/openai", "vercel_node.mjs", "node", "openai"),
    ClientUnderTest("vercel-responses", "@ai-sdk/openai", "vercel_node.mjs", "node", "responses"),
    ClientUnderTest("vercel-compatible", "@ai-sdk/openai-compatible", "vercel_node.mjs", "node", "compatible"),
    *[
        ClientUnderTest(
            f"vercel-{wire}-previous", f"@ai-sdk/{package}", "vercel_node.mjs", "node-previous", wire, False
        )
        for wire, package in (("anthropic", "anthropic"), ("openai", "openai"), ("compatible", "openai-compatible"))
    ],
    ClientUnderTest("langchain-anthropic", "langchain-anthropic", "langchain_agent.py", "agents", "anthropic"),
    ClientUnderTest("langchain-openai", "langchain-openai", "langchain_agent.py", "agents", "openai"),
    ClientUnderTest("langgraph-anthropic", "langgraph", "langgraph_agent.py", "agents", "anthropic"),
    ClientUnderTest("langgraph-openai", "langgraph", "langgraph_agent.py", "agents", "openai"),
    ClientUnderTest("pydantic-ai-anthropic", "pydantic-ai-slim", "pydantic_ai_agent.py", "agents", "anthropic"),
    ClientUnderTest("pydantic-ai-openai", "pydantic-ai-slim", "pydantic_ai_agent.py", "agents", "openai"),
    ClientUnderTest("openai-agents", "openai-agents", "openai_agents.py", "frameworks", "openai"),
    ClientUnderTest("openai-agents-responses", "openai-agents", "openai_agents.py", "frameworks", "responses"),
    ClientUnderTest("litellm-anthropic", "litellm", "litellm_python.py", "frameworks", "anthropic"),
    ClientUnderTest("litellm-openai", "litellm", "litellm_python.py", "frameworks", "openai"),
    ClientUnderTest("instructor-anthropic", "instructor", "instructor_python.py", "instructor", "anthropic"),
    ClientUnderTest("instructor-openai", "instructor", "instructor_python.py", "instructor", "openai"),
)
