"""What the gate's tests share: recorded exchanges, and targets of every kind on real sockets."""

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
from mockserver.contracts.check import ExchangeView, Memory
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, Ended, ReceivedResponse, SentRequest
from mockserver.contracts.reference import gateway
from mockserver.contracts.suite import run_checks
from mockserver.files.bundled import OPENAPI
from mockserver.gate.client import AnswerLimits
from mockserver.gate.profiles import PROFILES, RunProfile
from mockserver.gate.relay import Outgoing, serving
from mockserver.gate.runner import GateRun, Runner, RunSettings

MESSAGES = "/v1/messages"
CHAT = "/api/v1/chat/completions"
NOW = 1_767_225_600
PAGE = b"<!doctype html><html><body>Welcome</body></html>"
HTML = [("content-type", "text/html"), ("content-length", str(len(PAGE)))]
SHORT = AnswerLimits(connect=2, silence=0.3, total=1, size=200_000)


@cache
def document() -> ContractDocument:
    """Return the contract, read once."""
    return ContractDocument.open(OPENAPI)


def exchange(
    path: str,
    answer: Any,
    *,
    status: int = 200,
    asked: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    ended: Ended = "complete",
    on_purpose: bool = False,
) -> CheckedExchange:
    """Return a recorded exchange. An answer in bytes is a stream."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50, **(asked or {})}
    kind = "text/event-stream" if isinstance(answer, bytes) else "application/json"
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    if isinstance(answer, bytes):
        body["stream"] = True
    fields = {"content-type": kind, **(headers or {})}
    operation = document().find("POST", path)
    request = SentRequest("POST", path, {"x-api-key": "sk_secret_of_a_test"}, json.dumps(body).encode())
    reply = ReceivedResponse(status, tuple(fields.items()), raw, ended)
    return CheckedExchange(request, reply, operation.name if operation else "", NOW, on_purpose)


def broken(exchange: CheckedExchange, *, short_sse: bool = False, memory: Memory | None = None) -> set[str]:
    """Return the promises that an exchange breaks."""
    operation = document().operations.get(exchange.operation)
    view = ExchangeView(exchange, document(), operation, memory or Memory(), short_sse)
    return {outcome.promise for outcome in run_checks(view) if outcome.deviations}


def run(url: str, profile: str | RunProfile = "smoke", **settings: Any) -> GateRun:
    """Run the gate without waiting."""
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    sleep = settings.pop("sleep", lambda seconds: None)
    clock = settings.pop("clock", time.monotonic)
    run_settings = RunSettings(
        url=url, profile=chosen, key=settings.pop("key", gateway.KEY), contract=OPENAPI, **settings
    )
    return Runner(run_settings, sleep=sleep, clock=clock).run()


def command(*arguments: str) -> Result:
    """Run `mockserver contract`, as from a shell in which no variable of the gate is set."""
    unset = dict.fromkeys(("GATEWAY_KEY", "GITHUB_ACTIONS", "NO_COLOR"), "")
    return CliRunner().invoke(main, ["contract", *arguments], env=unset)


def impatient(name: str = "smoke") -> RunProfile:
    """Return a profile for targets that do not answer."""
    return replace(PROFILES[name], limits=SHORT)


@contextmanager
def reference_gateway() -> Iterator[tuple[str, Any]]:
    """Serve the reference gateway; yield its URL, and a sleep that moves its clock."""
    ahead = [0.0]

    def sleep(seconds: float) -> None:
        ahead[0] += seconds

    with gateway.serving(gateway.ReferenceGateway(Path(OPENAPI), lambda: time.time() + ahead[0])) as url:
        yield url, sleep


@contextmanager
def always(outgoing: Outgoing) -> Iterator[str]:
    """Serve one answer to everything; yield the URL."""
    with serving(lambda request: replace(outgoing)) as url:
        yield url


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
