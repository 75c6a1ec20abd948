"""The clients: which SDK in which version, the program that drives it, and what it calls things.

A *program* is one process: a client program with one set of packages (see install.sh). A *client* is one SDK in it;
Vercel's program has three. The versions are read from the files that are installed, so that no second list exists.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Facts: TypeAlias = dict[str, Any]

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / ".clients"

TIME_LIMIT = 60
"""Seconds for one program; the slowest takes two."""


class Program(NamedTuple):
    """A client program, and the name of the set of packages that it runs with."""

    file: str
    packages: str

    @property
    def folder(self) -> Path:
        """Where its packages are."""
        return PACKAGES / self.packages

    @property
    def command(self) -> list[str]:
        """What starts it, without its arguments. Python without site-packages: the SDK's own, not the mock's."""
        how = [sys.executable, "-S"] if self.file.endswith(".py") else ["node", "--experimental-import-meta-resolve"]
        return [*how, str(HERE / self.file)]

    @property
    def environment(self) -> dict[str, str]:
        """These packages and no others, and none of the caller's settings."""
        names = "PYTHONPATH" if self.file.endswith(".py") else "CLIENT_PACKAGES"
        return {"PATH": os.environ["PATH"], names: str(self.folder)}

    def run(self, base_url: str) -> dict[str, Facts]:
        """Every verb -> what it saw."""
        done = subprocess.run(
            [*self.command, base_url],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=TIME_LIMIT,
            check=False,
        )
        if done.returncode != 0:
            remedy = "" if self.folder.exists() else f"\n{self.folder} is not there: run {HERE / 'install.sh'}"
            raise RuntimeError(f"{self.file} with {self.packages}: exit code {done.returncode}\n{done.stderr}{remedy}")
        found: dict[str, Facts] = json.loads(done.stdout)
        return found


class Dialect(NamedTuple):
    """What a client calls the same facts. `streams_usage`: streams bring token counts without being asked twice."""

    model: str
    message_id: str
    call_id: str
    end: str
    tools: str
    role: Mapping[str, str]
    streams_usage: bool


ROLE = {"role": "assistant"}
ANTHROPIC = Dialect("claude-sonnet-4.5", "msg_", "toolu_", "end_turn", "tool_use", ROLE, True)
OPENAI = Dialect("qwen-coder-32b", "chatcmpl-", "call_", "stop", "tool_calls", ROLE, False)
VERCEL_ANTHROPIC = ANTHROPIC._replace(end="stop", tools="tool-calls", role={})
VERCEL_OPENAI = OPENAI._replace(tools="tool-calls", role={}, streams_usage=True)

COMMON = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
}
NAMED = COMMON | {402: "PaymentRequiredError", 503: "ServiceUnavailableError"}
PLAIN_PYTHON = COMMON | {402: "APIStatusError", 503: "InternalServerError"}
PLAIN_NODE = COMMON | {402: "APIError", 503: "InternalServerError"}
ONE_CLASS = dict.fromkeys(NAMED, "AI_APICallError")
"""HTTP status -> the class of the error, without retries. Only the newest Anthropic SDKs name them all."""

TOOL_VERBS = ("tool_round_trip", "tool_round_trip_streamed", "parallel_tools", "parallel_tools_streamed")
VERCEL_VERBS = (
    *("version", "message", "stream_raw", "stream_helper", *TOOL_VERBS),
    *("structured", "errors", "retry", "refused_key"),
)
THINKING_VERBS = (*VERCEL_VERBS, "reasoning")
"""Vercel's OpenAI provider does not read the thinking of a chat completion."""
ANTHROPIC_VERBS = (*THINKING_VERBS, "models", "count_tokens")
OPENAI_VERBS = (*THINKING_VERBS, "models", "usage_chunk")


class Client(NamedTuple):
    """One SDK. `says` is how its message of an error begins; `provider` is set where a program has several clients."""

    name: str
    version: str
    program: Program
    dialect: Dialect
    verbs: tuple[str, ...]
    errors: Mapping[int, str]
    says: str
    provider: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    def verb(self, name: str) -> str:
        """Return the name of a verb in the program's output."""
        return f"{self.provider}.{name}" if self.provider else name


def _python(sdk: str, packages: str, dialect: Dialect, verbs: tuple[str, ...], errors: Mapping[int, str]) -> Client:
    pins = (HERE / f"requirements-{packages}.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{sdk}==(\S+)$", pins, re.MULTILINE)
    if found is None:
        raise LookupError(f"requirements-{packages}.txt does not pin {sdk}")
    program = Program(f"python_{sdk}.py", packages)
    return Client(f"{sdk}-python", found[1], program, dialect, verbs, errors, "Error code: {status} - ")


def _pins(packages: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((HERE / packages / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return found


def _node(
    sdk: str, package: str, packages: str, dialect: Dialect, verbs: tuple[str, ...], errors: Mapping[int, str]
) -> Client:
    program = Program(f"node/{sdk}.mjs", packages)
    return Client(f"{sdk}-node", _pins(packages)[package], program, dialect, verbs, errors, "{status} ")


def _vercel(packages: str) -> list[Client]:
    pins, program = _pins(packages), Program("node/vercel.mjs", packages)
    return [
        Client(
            f"vercel-{provider}",
            f"{pins[package]}-ai-{pins['ai']}",
            program,
            dialect,
            VERCEL_VERBS if provider == "openai" else THINKING_VERBS,
            ONE_CLASS,
            "",
            provider,
        )
        for provider, package, dialect in (
            ("anthropic", "@ai-sdk/anthropic", VERCEL_ANTHROPIC),
            ("openai", "@ai-sdk/openai", VERCEL_OPENAI),
            ("compatible", "@ai-sdk/openai-compatible", VERCEL_OPENAI),
        )
    ]


CLIENTS: tuple[Client, ...] = (
    _python("anthropic", "current", ANTHROPIC, ANTHROPIC_VERBS, NAMED),
    _python("anthropic", "previous", ANTHROPIC, ANTHROPIC_VERBS, PLAIN_PYTHON),
    _python("anthropic", "oldest", ANTHROPIC, ANTHROPIC_VERBS, PLAIN_PYTHON),
    _python("openai", "current", OPENAI, OPENAI_VERBS, PLAIN_PYTHON),
    _python("openai", "previous", OPENAI, OPENAI_VERBS, PLAIN_PYTHON),
    _python("openai", "oldest", OPENAI, OPENAI_VERBS, PLAIN_PYTHON),
    _node("anthropic", "@anthropic-ai/sdk", "node", ANTHROPIC, ANTHROPIC_VERBS, NAMED),
    _node("anthropic", "@anthropic-ai/sdk", "node-previous", ANTHROPIC, ANTHROPIC_VERBS, PLAIN_NODE),
    _node("openai", "openai", "node", OPENAI, OPENAI_VERBS, PLAIN_NODE),
    _node("openai", "openai", "node-previous", OPENAI, OPENAI_VERBS, PLAIN_NODE),
    *_vercel("node"),
    *_vercel("node-previous"),
)
