"""The checking proxy: real clients pass it, streams as they arrive; what is wrong or unchecked is reported."""

import gzip
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import openai
import pytest

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange, SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY
from mockserver.contracts.reference import gateway
from mockserver.files.bundled import OPENAPI
from mockserver.gate.client import AnswerLimits, HttpClient
from mockserver.gate.proxy import CheckingProxy
from mockserver.gate.proxy_log import proxy_log
from mockserver.gate.relay import Outgoing, serving
from tests.gate.support import HTML, PAGE, always, closed_port, reference_gateway

MODEL = "qwen-coder-32b"


class Reported:
    """What a proxy reported: status, broken promises, why an exchange was not checked."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, list[str], str]] = []
        self.more = threading.Event()

    def __call__(self, exchange: CheckedExchange, deviations: list[Deviation], unjudged: str) -> None:
        broken = list(dict.fromkeys(deviation.promise for deviation in deviations))
        self.lines.append((exchange.response.status, broken, unjudged))
        self.more.set()


@contextmanager
def proxied(upstream: str) -> Iterator[tuple[str, Reported, CheckingProxy]]:
    reported = Reported()
    watcher = CheckingProxy(upstream, OPENAPI, reported)
    with serving(watcher.respond) as url:
        yield url, reported, watcher


def test_real_clients_stream_and_call_tools_through_it_and_nothing_is_broken() -> None:
    tool: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    with reference_gateway() as (behind, _), proxied(behind) as (url, reported, watcher):
        with anthropic.Anthropic(base_url=url, api_key=gateway.KEY) as client:
            with client.messages.stream(
                model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}]
            ) as stream:
                text = "".join(stream.text_stream)
            called = client.messages.create(
                model=MODEL,
                max_tokens=50,
                messages=[{"role": "user", "content": "Weather?"}],
                tools=[{"name": "look", "input_schema": tool}],
                tool_choice={"type": "tool", "name": "look"},
            )
        with openai.OpenAI(base_url=f"{url}/api/v1", api_key=gateway.KEY) as other:
            chunks = list(
                other.chat.completions.create(
                    model=MODEL,
                    messages=[{"role": "user", "content": "Hello"}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
            )
        watcher.drain(5)
    assert text.startswith("Hello from the other gateway")
    assert called.stop_reason == "tool_use"
    assert chunks[-1].usage is not None
    assert reported.lines == [(200, [], "")] * 3


def test_a_client_s_own_mistake_passes_as_the_gateway_answers_it() -> None:
    with reference_gateway() as (behind, _), proxied(behind) as (url, reported, watcher):
        with (
            anthropic.Anthropic(base_url=url, api_key=ANTHROPIC_KEY, max_retries=0) as client,
            pytest.raises(anthropic.AuthenticationError),
        ):
            client.messages.create(model=MODEL, max_tokens=5, messages=[{"role": "user", "content": "Hello"}])
        watcher.drain(5)
    assert reported.lines == [(401, [], "")]


def test_a_stream_passes_piece_by_piece_as_it_comes() -> None:
    go = threading.Event()

    def respond(request: SentRequest) -> Outgoing:
        def pieces() -> Iterator[bytes]:
            yield b": first\n\n"
            assert go.wait(10)
            yield b": second\n\n"

        return Outgoing(200, [("content-type", "text/event-stream")], pieces())

    with serving(respond) as behind, proxied(behind) as (url, _, __):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            got = b""
            while b": first" not in got:  # it is here although the rest has not been said yet
                got += sock.recv(65_536)
            assert b": second" not in got
            go.set()
            while piece := sock.recv(65_536):
                got += piece
    assert b": second" in got


GOOD = json.dumps({"object": "list", "data": []}).encode()
CODINGS: list[tuple[str, bytes, list[str], str]] = [
    ("gzip", gzip.compress(GOOD), [], ""),
    ("gzip", gzip.compress(b'{"object": 7}'), ["body-schema"], ""),
    ("br", b"whatever", [], "its content-encoding is 'br'"),
    ("gzip", b"no gzip at all", [], "its content-encoding is 'gzip'"),
]


@pytest.mark.parametrize(
    ("coding", "body", "broken", "unjudged"), CODINGS, ids=["good", "bad", "unknown coding", "broken coding"]
)
def test_a_compressed_answer_passes_as_it_is_and_is_judged_unfolded(
    coding: str, body: bytes, broken: list[str], unjudged: str
) -> None:
    fields = [("content-type", "application/json"), ("content-encoding", coding), ("content-length", str(len(body)))]
    with always(Outgoing(200, fields, [body])) as behind, proxied(behind) as (url, reported, watcher):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            got = b"".join(iter(lambda: sock.recv(65_536), b""))
        watcher.drain(5)
    assert got.endswith(b"\r\n\r\n" + body)
    assert reported.lines == [(200, broken, unjudged)]


def test_a_client_that_leaves_is_told_and_not_held_against_the_gateway() -> None:
    def respond(request: SentRequest) -> Outgoing:
        return Outgoing(200, [("content-type", "text/event-stream")], iter(lambda: b": ping\n\n" * 9000, b""))

    with serving(respond) as behind, proxied(behind) as (url, reported, watcher):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
            sock.recv(100)
        assert reported.more.wait(10)
        watcher.drain(5)
    assert reported.lines == [(200, [], "the client left")]
    assert watcher.results.of("broken") == []


@pytest.mark.parametrize("length", [b"content-length: ten", b"content-length: -1", b"transfer-encoding: chunked"])
def test_a_request_whose_end_cannot_be_known_is_refused(length: bytes) -> None:
    with reference_gateway() as (behind, _), proxied(behind) as (url, reported, _):
        sock = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10)
        with sock:
            sock.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\n" + length + b"\r\n\r\nzz\r\n")
            assert sock.recv(100).startswith(b"HTTP/1.1 400")
    assert reported.lines == []


def test_a_gateway_that_is_down_is_502_to_the_client_and_told() -> None:
    with proxied(f"http://127.0.0.1:{closed_port()}") as (url, reported, _):
        answer = HttpClient(url, AnswerLimits())(SentRequest("GET", "/v1/models"))
    assert answer.status == 502
    assert reported.lines == [(0, ["body-complete"], "")]


def test_what_is_told_holds_no_credential(tmp_path: Path) -> None:
    printed: list[str] = []
    key = "sk-ant-api03-the-real-key-of-somebody"
    log = tmp_path / "log.jsonl"

    def respond(request: SentRequest) -> Outgoing:
        body = json.dumps({"detail": f"no such key: {request.headers['authorization']}", "error": key}).encode()
        return Outgoing(401, [("content-type", "text/plain"), ("content-length", str(len(body)))], [body])

    with serving(respond) as behind:
        watcher = CheckingProxy(behind, OPENAPI, proxy_log(behind, printed.append, log))
        with serving(watcher.respond) as url:
            HttpClient(url, AnswerLimits())(SentRequest("GET", "/v1/models", {"authorization": f"Bearer {key}"}))
            watcher.drain(5)
    assert "auth-no-echo" in printed[0]
    assert key not in printed[0] + log.read_text()
    assert "$KEY" in json.loads(log.read_text())["request"]


def proxy_process(*options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mockserver", "contract", "proxy", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.process
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_command_is_a_summary(end: signal.Signals) -> None:
    with always(Outgoing(200, HTML, [PAGE])) as behind, proxy_process("--upstream", behind, "--port", "0") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2].rstrip(",")
        assert HttpClient(url, AnswerLimits())(SentRequest("GET", "/v1/models")).body == PAGE
        process.send_signal(end)
        rest = process.stdout.read()
    assert process.returncode == 1
    assert "known-media-type [D1, WIRE, HTTP · Chat completions]" in rest
    assert rest.rstrip().endswith("kept.")
    assert "Traceback" not in rest


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--upstream", "ftp://x"), "is not the URL of a gateway"),
        (("--upstream", "http://x", "--log", "/nowhere/log.jsonl"), "cannot be written"),
        (("--upstream", "http://x", "--host", "192.0.2.1"), "cannot listen on"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line(options: tuple[str, ...], words: str) -> None:
    with proxy_process(*options) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
    assert process.returncode == 2
    assert words in printed
    assert printed.count("\n") == 1
