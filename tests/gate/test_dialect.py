"""`--dialect` holds any gateway to what the wires and the official SDKs need, and asks first what it offers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contracts.client import Client, NotOffered, Target
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import ReceivedResponse, SentRequest, dig
from mockserver.contracts.promises import PROMISES
from mockserver.core.errors import OperatorError
from mockserver.files.bundled import OPENAPI
from mockserver.gate.discovery import FoundTarget, discover, wires
from mockserver.gate.profiles import PROFILES
from mockserver.gate.runner import GateRun, Runner, RunSettings

JSON = (("content-type", "application/json"),)
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

PLAIN = ("model", "messages", "max_tokens", "temperature", "top_p")


def said(value: Any, status: int = 200) -> ReceivedResponse:
    """Return a whole answer."""
    return ReceivedResponse(status, JSON, json.dumps(value).encode())


def refused(words: str, status: int = 400) -> ReceivedResponse:
    """Return a refusal in the form of the wires."""
    return said({"type": "error", "error": {"type": "invalid_request_error", "message": words}}, status)


class PlainGateway:
    """A gateway with one route of the OpenAI wire, which can do nothing but answer in words."""

    def __init__(self, base: str = "/v1", model: str = "small", key: str = "") -> None:
        self.base, self.model, self.key = base, model, key
        self.asked: list[SentRequest] = []
        self._ids: Iterator[int] = iter(range(10_000))

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Answer a request."""
        self.asked.append(request)
        if request.path == f"{self.base}/models" and request.method == "GET":
            return said({"data": [{"id": "paints"}, {"id": self.model}]})
        if request.path != f"{self.base}/chat/completions":
            return said({"detail": "Not Found"}, 404)
        if request.method != "POST":
            return ReceivedResponse(405, (*JSON, ("allow", "POST")), b'{"error": {"message": "Method not allowed"}}')
        if self.key and self.key not in request.credentials:
            return refused("no key", 401)
        return self.answer(request)

    def answer(self, request: SentRequest) -> ReceivedResponse:
        """Answer a conversation."""
        messages = dig(request.json, "messages")
        if not isinstance(messages, list) or not messages:
            return refused("messages are missing")
        if dig(request.json, "model") != self.model:
            return refused("no such model", 404)
        fields = request.json if isinstance(request.json, dict) else {}
        extras = [name for name, value in fields.items() if name not in PLAIN and value is not False]
        if extras:
            return refused(f"unknown: {', '.join(extras)}")
        message = {"role": "assistant", "content": "Hello there"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        id = f"chatcmpl-{next(self._ids)}"
        head = {"id": id, "object": "chat.completion", "created": 1_767_225_600, "model": "small-2026"}
        return said(head | {"choices": [choice], "usage": USAGE})


def found(gateway: PlainGateway, model: str | None = None) -> FoundTarget:
    """Ask a gateway what it is."""
    return discover(gateway, "http://x", "sk_test_key", "both", model, 64)


def chat(target: FoundTarget) -> OperationSpec:
    """Return the route of the OpenAI wire."""
    return target.document.operations["chat"]


@pytest.mark.parametrize("base", ["/v1", "", "/api/v1", "/openai/v1"])
def test_the_base_path_is_found(base: str) -> None:
    assert chat(found(PlainGateway(base))).path == f"{base}/chat/completions"


def test_the_first_model_that_answers_is_asked() -> None:
    assert chat(found(PlainGateway())).basic["model"] == "small"


def test_a_model_that_is_given_is_the_only_one() -> None:
    gateway = PlainGateway()
    target = found(gateway, "paints")
    assert {dig(request.json, "model") for request in gateway.asked} == {None, "paints"}
    assert target.notes == ["POST /v1/chat/completions: no model answers."]


def test_what_is_refused_is_not_offered() -> None:
    lacking = chat(found(PlainGateway())).lacking
    assert set(lacking) >= {"streaming", "tools", "structured output", "n", "logprobs", "thinking"}
    assert lacking["n"] == "the target answers 400: unknown: n"


def test_a_target_that_needs_no_key_has_no_security_scheme() -> None:
    assert chat(found(PlainGateway())).schemes == ()
    assert chat(found(PlainGateway(key="sk_test_key"))).schemes == ("BearerAuth",)


def test_a_wire_that_is_not_spoken_has_no_operation() -> None:
    assert set(found(PlainGateway()).document.operations) == {"chat", "models"}


def test_a_target_without_either_wire_is_told_in_words() -> None:
    with pytest.raises(OperatorError, match=r"has none of /v1/chat/completions, .* give the URL with its base path"):
        discover(PlainGateway("/elsewhere"), "http://x", "k", "both", None, 64)


def test_a_route_that_answers_404_in_its_own_words_exists() -> None:
    class Particular(PlainGateway):
        def answer(self, request: SentRequest) -> ReceivedResponse:
            return refused("no fixture matches", 404)

    assert chat(found(Particular())).path == "/v1/chat/completions"


def run(gateway: PlainGateway, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> GateRun:
    """Run the gate against a gateway in memory."""
    chosen = RunSettings("http://x", PROFILES["full"], "sk_test_key", OPENAPI, dialect="both", **settings)
    monkeypatch.setattr("mockserver.gate.runner.time.time", lambda: 1_767_225_600.0)
    return Runner(chosen, send=gateway, sleep=lambda seconds: None).run()


def test_what_is_not_offered_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(PlainGateway(), monkeypatch)
    states = {name: entry.state for name, entry in done.results.entries.items()}
    assert states["tool-forced"] == states["json-as-asked"] == states["choices-as-asked"] == "not offered"
    assert states["messages-start"] == states["error-dialect"] == states["auth-missing"] == "not offered"
    assert states["examples-accepted"] == states["usage-adds-up"] == states["missing-field"] == "kept"
    assert states["sse-data"] == states["chat-done"] == "not offered"
    assert done.results.entries["messages-start"].reason == "the wire of anthropic"


def test_only_promises_of_the_wires_are_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = run(PlainGateway(), monkeypatch).results.entries
    assert set(entries) == {name for name, promise in PROMISES.items() if "WIRE" in promise.sources}


def test_a_model_may_have_another_name_in_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(PlainGateway(), monkeypatch).results.entries["concurrency"].state == "kept"


def test_a_fault_is_broken_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(PlainGateway):
        def answer(self, request: SentRequest) -> ReceivedResponse:
            response = super().answer(request)
            body = response.json
            if response.status != 200 or not isinstance(body, dict):
                return response
            return said({**body, "usage": USAGE | {"total_tokens": 9}})

    assert run(Wrong(), monkeypatch).results.entries["usage-adds-up"].state == "broken"


def test_an_operation_that_the_wires_document_lacks_is_not_offered() -> None:
    document = wires()
    document.operations = {}
    nothing: Any = lambda *_: None  # noqa: E731 - nothing is recorded here
    client = Client(document, Target("k"), PlainGateway(), nothing, nothing, lambda: 0.0, nothing)
    with pytest.raises(NotOffered, match="no route for messages"):
        client.operation("messages")
