"""The clients that are examined: SDKs and frameworks with the programs of `tools.acts`, and the two example apps.

A program runs a tool loop at the client's defaults, streamed ("parallel") or whole ("tools"). An app runs in Chromium.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mockserver.exam.clients import CommandClient
from tools.acts.clients import CLIENTS, PACKAGES, PROGRAMS, ClientUnderTest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGE = Path(__file__).resolve().parent / "programs" / "chat_page.py"

WHOLE = ("anthropic-python", "anthropic-node", "openai-python", "openai-node")
"""The SDKs, which are examined with whole answers too."""

STREAMED = (
    *WHOLE,
    *("langchain-anthropic", "langchain-openai", "pydantic-ai-anthropic", "pydantic-ai-openai"),
    *("vercel-anthropic", "vercel-openai"),
)


class ExaminedClient(NamedTuple):
    """A client: its name on the page, how to find its version, and the command while it is examined."""

    name: str
    version: Callable[[], str]
    command: Callable[[], AbstractContextManager[CommandClient]]


@contextmanager
def program(client: ClientUnderTest, verb: str) -> Iterator[CommandClient]:
    """Yield the command of a program of `tools.acts` that does one thing."""
    runner = [sys.executable, "-S"] if client.is_python else ["node", "--experimental-import-meta-resolve"]
    yield CommandClient(
        [*runner, str(PROGRAMS / client.program)],
        failure='"error": ?"[^"]*"',
        stdin=json.dumps({"wire": client.wire, "verb": verb, "env": {}}).encode() + b"\n",
        env={"PYTHONPATH": str(client.folder), "CLIENT_PACKAGES": str(client.folder)},
    )


@contextmanager
def plain_app() -> Iterator[CommandClient]:
    """Yield the command of the example app without a build step."""
    yield CommandClient([sys.executable, str(PAGE), str(EXAMPLES), "plain/"])


@contextmanager
def react_app() -> Iterator[CommandClient]:
    """Yield the command of the React example, built from a copy of its sources."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "react"
        shutil.copy(EXAMPLES / "chat.css", folder)
        shutil.copytree(EXAMPLES / "react", copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
        (copy / "node_modules").symlink_to(PACKAGES / "react" / "node_modules")
        subprocess.run(["npm", "run", "build"], cwd=copy, check=True, capture_output=True)
        yield CommandClient([sys.executable, str(PAGE), str(copy / "dist"), ""])


def _examined(client: ClientUnderTest, verb: str) -> ExaminedClient:
    name = client.name + ("" if verb == "parallel" else ", whole")
    return ExaminedClient(name, lambda: f"{client.package} {client.version()}", partial(program, client, verb))


_ALL = (
    *[_examined(client, "parallel") for client in CLIENTS if client.name in STREAMED],
    *[_examined(client, "tools") for client in CLIENTS if client.name in WHOLE],
    ExaminedClient("example: plain", lambda: "examples/plain", plain_app),
    ExaminedClient("example: react", lambda: "examples/react", react_app),
)

EXAMINED: Mapping[str, ExaminedClient] = {client.name: client for client in _ALL}
"""Every client by its name, in the order of the page."""
