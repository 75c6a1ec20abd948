"""A gateway under test: the judge itself, judged by gateways that pass everything on, or lose something on purpose."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner
from urllib3.exceptions import HTTPError

from mockserver.cli.main import main
from mockserver.contracts.exchange import SentRequest
from mockserver.core.errors import OperatorError
from mockserver.gate import relay
from mockserver.gate.passage.cases import CASES
from mockserver.gate.passage.facts import same
from mockserver.gate.passage.results import PassageRun
from mockserver.gate.passage.runner import PassageRunner, PassageSettings
from mockserver.server.uvicorn import bind
from tests.gate.support import closed_port

KEY = "sk_gate"


def free_port() -> int:
    with bind("127.0.0.1", 0) as sock:
        port: int = sock.getsockname()[1]
        return port


class LossyGateway:
    """A gateway that passes everything on, changed by a function on the request and one on the answer."""

    def __init__(
        self,
        port: int,
        request: Callable[[SentRequest], SentRequest] = lambda request: request,
        answer: Callable[[relay.Outgoing], relay.Outgoing] = lambda answer: answer,
    ) -> None:
        self._upstream = relay.Upstream(f"http://127.0.0.1:{port}")
        self._request, self._answer = request, answer

    def __call__(self, request: SentRequest) -> relay.Outgoing:
        status, headers, pieces = self._upstream.open(self._request(request))
        headers = [field for field in headers if field[0] != "content-length"]
        return self._answer(relay.Outgoing(status, headers, pieces))


def through(port: int, respond: relay.Respond, *names: str, patience: float = 5.0) -> PassageRun:
    """Return the run of some cases through a gateway whose upstream is at a port."""
    cases = [case for case in CASES if case.name in names]
    with relay.serving(respond) as url:
        settings = PassageSettings(url, KEY, ("127.0.0.1", port), "m", cases=cases, patience=patience)
        return PassageRunner(settings).run()


def in_request(change: Callable[[dict[str, Any]], object]) -> Callable[[SentRequest], SentRequest]:
    """Return a function that changes the JSON of a request."""

    def changed(request: SentRequest) -> SentRequest:
        body = json.loads(request.body or b"{}")
        change(body)
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return SentRequest(request.method, request.path, headers, json.dumps(body).encode())

    return changed


def in_bytes(old: bytes, new: bytes) -> Callable[[relay.Outgoing], relay.Outgoing]:
    """Return a function that replaces bytes of an answer, which it collects."""
    return lambda answer: replace(answer, pieces=[b"".join(answer.pieces).replace(old, new)])


def without_retry_after(answer: relay.Outgoing) -> relay.Outgoing:
    return replace(answer, headers=[field for field in answer.headers if field[0] != "retry-after"])


def ended_properly(answer: relay.Outgoing) -> relay.Outgoing:
    """Return an answer that says it is whole, wherever it was cut."""

    def pieces() -> Iterator[bytes]:
        with suppress(HTTPError):
            yield from answer.pieces
        yield b'\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

    return replace(answer, pieces=pieces())


class Loss(NamedTuple):
    """What a gateway does to one case, and the facts that show it: their names, and how each ended."""

    case: str
    facts: Mapping[str, str]
    request: Callable[[SentRequest], SentRequest] = lambda request: request
    answer: Callable[[relay.Outgoing], relay.Outgoing] = lambda answer: answer


def without(*names: str) -> Callable[[SentRequest], SentRequest]:
    """Return a function that takes fields out of a request."""
    return in_request(lambda body: [body.pop(name, None) for name in names])


def _other_picture(body: dict[str, Any]) -> None:
    """Make every picture another one."""
    for part in body["messages"][0]["content"]:
        if part["type"] == "image_url":
            part["image_url"]["url"] = "data:image/png;base64,AAAA"


LOSSES = (
    Loss("unicode", {"text": "changed"}, answer=in_bytes("你好".encode(), b"??")),
    Loss("long-answer", {"text": "changed"}, answer=in_bytes(b" 4321", b"")),
    Loss("tool-call", {"calls": "changed"}, answer=in_bytes(b"2.5", b"2")),
    Loss("parallel-tools", {"call ids": "changed"}, answer=in_bytes(b'"id":"call_', b'"id":"","was":"call_')),
    Loss("tool-result", {"request: system": "lost"}, in_request(lambda body: body["messages"].pop(0))),
    Loss("forced-tool", {"request: tools": "lost", "request: tool choice": "changed"}, without("tools", "tool_choice")),
    Loss("sampling", {"request: temperature": "lost", "request: top_p": "lost"}, without("temperature", "top_p")),
    Loss("image", {"request: image": "changed"}, in_request(lambda body: _other_picture(body))),
    Loss("several-choices", {"choices": "changed"}, without("n")),
    Loss("logprobs", {"logprobs": "lost"}, without("logprobs", "top_logprobs")),
    Loss("unknown-request-field", {"request: unknown field": "lost"}, without("x_unknown")),
    Loss("unknown-answer-field", {"unknown field": "lost"}, answer=in_bytes(b'"x_unknown"', b'"x_other"')),
    Loss("usage", {"usage": "lost"}, answer=in_bytes(b'"usage"', b'"used"')),
    Loss("cache-read", {"cache": "changed"}, answer=in_bytes(b'"cached_tokens"', b'"c"')),
    Loss("max-tokens", {"stop": "changed"}, answer=in_bytes(b'"length"', b'"stop"')),
    Loss("thinking", {"thinking": "lost"}, answer=in_bytes(b'"reasoning_content"', b'"r"')),
    Loss("error-400", {"error message": "changed"}, answer=in_bytes(b"upstream said", b"I say")),
    Loss("error-401", {"status": "changed"}, answer=lambda answer: replace(answer, status=404)),
    Loss("error-402", {"status": "changed"}, answer=lambda answer: replace(answer, status=500)),
    Loss(
        "error-429",
        {"retry-after": "lost", "status": "changed"},
        answer=lambda answer: replace(answer, status=500, headers=[]),
    ),
    Loss("incremental", {"pace": "changed"}, answer=in_bytes(b"", b"")),
    Loss("cut-stream", {"end": "changed"}, answer=ended_properly),
    Loss("cancellation", {"cancellation": "changed"}, answer=in_bytes(b"", b"")),
)


@pytest.fixture(scope="module")
def lossy() -> PassageRun:
    """Return the run through a gateway with every loss, each in its own case."""
    port = free_port()
    gateways = {f"[{loss.case}]": LossyGateway(port, loss.request, loss.answer) for loss in LOSSES}
    passing = LossyGateway(port)

    def respond(request: SentRequest) -> relay.Outgoing:
        body = (request.body or b"").decode()
        return next((gateway for mark, gateway in gateways.items() if mark in body), passing)(request)

    return through(port, chat_only(respond), *(loss.case for loss in LOSSES), patience=0.2)


def chat_only(respond: relay.Respond) -> relay.Respond:
    """Return a gateway that offers chat completions alone."""
    nothing = relay.Outgoing(404, [], [b"{}"])
    return lambda request: respond(request) if "chat" in request.path else nothing


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.case)
def test_what_a_gateway_loses_is_named(loss: Loss, lossy: PassageRun) -> None:
    results = [result for result in lossy.results if result.wire == "openai" and result.case.name == loss.case]
    assert {fact.name: fact.state for result in results for fact in result.facts} == loss.facts


def test_a_wire_that_a_gateway_lacks_is_not_offered(lossy: PassageRun) -> None:
    assert {result.state for result in lossy.results if result.wire == "anthropic"} == {"not offered"}


def test_a_gateway_that_passes_everything_on_has_kept_everything() -> None:
    port = free_port()
    run = through(port, LossyGateway(port), *(case.name for case in CASES))
    assert [(result.wire, result.name, result.facts) for result in run.results if result.state != "kept"] == []
    assert (run.exit_code, [*run.wires]) == (0, ["openai", "anthropic"])


def test_a_gateway_that_asks_elsewhere_is_a_wrong_configuration() -> None:
    port = free_port()
    with pytest.raises(OperatorError, match=rf"did not ask the mock: give it http://127.0.0.1:{port} "):
        through(port, lambda request: relay.Outgoing(401, [], [b"who are you?"]), "text")


def test_a_gateway_that_is_down_is_said_to_be_down() -> None:
    settings = PassageSettings(f"http://127.0.0.1:{closed_port()}", KEY, ("127.0.0.1", free_port()), "m", cases=CASES)
    with pytest.raises(OperatorError, match=r"cannot be examined: nothing listens there$"):
        PassageRunner(settings).run()


def test_a_case_that_the_gateway_refuses_itself_is_not_offered() -> None:
    port = free_port()
    passing = LossyGateway(port)

    def no_tools(request: SentRequest) -> relay.Outgoing:
        refused = b'"tools"' in (request.body or b"")
        return relay.Outgoing(400, [], [b"no tools here"]) if refused else passing(request)

    run = through(port, chat_only(no_tools), "forced-tool")
    (result,) = [result for result in run.results if result.wire == "openai" and result.case.name == "forced-tool"]
    assert (result.state, result.reason) == (
        "not offered",
        "the gateway answered 400 without asking its upstream: no tools here",
    )


def test_a_request_that_the_mock_cannot_read_is_not_examined() -> None:
    port = free_port()
    spoil = in_request(lambda body: body.update(temperature="hot") if "[usage]" in str(body) else None)
    run = through(port, chat_only(LossyGateway(port, spoil)), "usage")
    reasons = {result.reason for result in run.of("not examined")}
    assert (reasons, run.exit_code) == ({"the mock rejected what the gateway asked: invalid_request"}, 3)


def test_an_interrupted_run_reports_what_it_has_seen() -> None:
    port = free_port()

    def stop(name: str) -> None:
        if "usage" in name:
            raise KeyboardInterrupt("SIGTERM")

    with relay.serving(LossyGateway(port)) as url:
        settings = PassageSettings(
            url, KEY, ("127.0.0.1", port), cases=[case for case in CASES if case.name == "usage"]
        )
        run = PassageRunner(settings, stop).run()
    assert ([result.state for result in run.results], run.stopped, run.exit_code) == (
        ["kept", "kept"],
        "interrupted by SIGTERM",
        3,
    )


def test_the_command_says_what_was_sent_and_what_arrived(tmp_path: Path) -> None:
    port = free_port()
    files = [tmp_path / "report.json", tmp_path / "report.xml"]
    with relay.serving(chat_only(LossyGateway(port, answer=without_retry_after))) as url:
        done = CliRunner().invoke(
            main,
            [
                *("contract", url, "--upstream-port", str(port), "--model", "m", "--only", "error-429"),
                *("--json", str(files[0]), "--junit", str(files[1])),
            ],
        )
    assert done.exit_code == 1, done.output
    assert "    retry-after: sent 2; nothing arrived" in done.output
    report = json.loads(files[0].read_bytes())
    facts = [fact for case in report["cases"] for fact in case["facts"]]
    assert facts[0] == {"fact": "retry-after", "state": "lost", "sent": "2", "arrived": None}
    suite = Xml.fromstring(files[1].read_bytes())[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "4")


def test_what_is_known_is_accepted_and_nothing_else(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "known.yaml"
    with relay.serving(chat_only(LossyGateway(port, answer=without_retry_after))) as url:
        command = ["contract", url, "--upstream-port", str(port), "--model", "m", "--baseline", str(file), "--only"]
        written = CliRunner().invoke(main, [*command, "error-429", "--write-baseline"])
        again = CliRunner().invoke(main, [*command, "error-429"])
        more = CliRunner().invoke(main, [*command, "error-*"])
    assert "case: error-429" in file.read_text(encoding="utf-8"), written.output
    assert ([written.exit_code, again.exit_code, more.exit_code], "ACCEPTED" in again.output) == ([1, 0, 1], False)
    assert "error-429, whole         accepted  accepted since " in again.output


def test_a_baseline_is_written_to_a_file() -> None:
    done = CliRunner().invoke(main, ["contract", "through", "http://x", "--upstream-port", "1", "--write-baseline"])
    assert (done.exit_code, "--write-baseline needs --baseline FILE" in done.output) == (2, True)


def test_a_misspelt_case_is_named() -> None:
    done = CliRunner().invoke(main, ["contract", "through", "http://x", "--upstream-port", "1", "--only", "tool-cal"])
    assert (done.exit_code, "did you mean 'tool-call'" in done.output) == (2, True)


SAME = [
    ("status", "500", "502", True),
    ("status", "529", "503", True),
    ("status", "401", "500", True),
    ("status", "402", "500", False),
    ("status", "429", "500", False),
    ("error message", "why", "x: why", True),
]


@pytest.mark.parametrize(("fact", "sent", "arrived", "expected"), SAME)
def test_some_facts_have_a_rule_of_their_own(fact: str, sent: str, arrived: str, expected: bool) -> None:
    assert same(fact, sent, arrived) is expected
