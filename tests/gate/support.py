"""What the gate's tests share: exchanges in a word, streams as lists, targets of every kind on real sockets."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.contracts.check import Memory, Sight, judge
from mockserver.contracts.document import Document
from mockserver.contracts.exchange import Answer, Asked, Ended, Exchange
from mockserver.contracts.reference import gateway
from mockserver.files.bundled import OPENAPI
from mockserver.gate.client import Limits
from mockserver.gate.profiles import PROFILES, Profile
from mockserver.gate.relay import Outgoing, serving
from mockserver.gate.runner import Run, Runner, Settings

MESSAGES = "/v1/messages"
CHAT = "/api/v1/chat/completions"
NOW = 1_767_225_600
PAGE = b"<!doctype html><html><body>Welcome</body></html>"
HTML = [("content-type", "text/html"), ("content-length", str(len(PAGE)))]
SHORT = Limits(connect=2, silence=0.3, total=1, size=200_000)


@cache
def document() -> Document:
    """The contract, read once."""
    return Document.open(OPENAPI)


def exchange(
    path: str,
    answer: Any,
    *,
    status: int = 200,
    asked: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    ended: Ended = "complete",
    on_purpose: bool = False,
) -> Exchange:
    """A recorded exchange; an answer in bytes is a stream."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50, **(asked or {})}
    kind = "text/event-stream" if isinstance(answer, bytes) else "application/json"
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    if isinstance(answer, bytes):
        body["stream"] = True
    fields = {"content-type": kind, **(headers or {})}
    found = document().find("POST", path)
    request = Asked("POST", path, {"x-api-key": "sk_secret_of_a_test"}, json.dumps(body).encode())
    reply = Answer(status, tuple(fields.items()), raw, ended)
    return Exchange(request, reply, found.name if found else "", NOW, on_purpose)


def broken(one: Exchange, *, short_sse: bool = False, memory: Memory | None = None) -> set[str]:
    """The promises that an exchange breaks."""
    operation = document().operations.get(one.operation)
    sight = Sight(one, document(), operation, memory or Memory(), short_sse)
    return {name for name, findings in judge(sight) if findings}


def run(url: str, profile: str | Profile = "smoke", **settings: Any) -> Run:
    """A run that waits for nothing."""
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    sleep = settings.pop("sleep", lambda seconds: None)
    clock = settings.pop("clock", time.monotonic)
    given = Settings(url=url, profile=chosen, key=settings.pop("key", gateway.KEY), contract=OPENAPI, **settings)
    return Runner(given, sleep=sleep, clock=clock).run()


def command(*arguments: str) -> Result:
    """The command, as from a shell in which no variable of the gate is set."""
    unset = dict.fromkeys(("GATEWAY_KEY", "GITHUB_ACTIONS", "NO_COLOR"), "")
    return CliRunner().invoke(main, ["contract", *arguments], env=unset)


def impatient(name: str = "smoke") -> Profile:
    """A profile for targets that do not answer."""
    return replace(PROFILES[name], limits=SHORT)


@contextmanager
def other_gateway() -> Iterator[tuple[str, Any]]:
    """The fake on a socket, and the sleep that moves its clock."""
    ahead = [0.0]

    def sleep(seconds: float) -> None:
        ahead[0] += seconds

    with gateway.serving(gateway.Gateway(Path(OPENAPI), lambda: time.time() + ahead[0])) as url:
        yield url, sleep


@contextmanager
def always(outgoing: Outgoing) -> Iterator[str]:
    """A target with one answer to everything."""
    with serving(lambda asked: replace(outgoing)) as url:
        yield url


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
