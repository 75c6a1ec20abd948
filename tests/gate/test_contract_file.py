"""Where a document's operations are served, whose credentials it knows, and what ends the generated requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts.client import Client, NotExaminable, Target
from mockserver.contracts.document import ContractDocument
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.exploration import Amount, explore
from mockserver.core.errors import OperatorError
from mockserver.gate.contract_file import open_contract
from mockserver.gate.profiles import PROFILES
from mockserver.gate.runner import Runner, RunSettings

KEY = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}}
STREAM = {"200": {"description": "", "content": {"text/event-stream": {"itemSchema": {"required": ["data"]}}}}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a document whose server has a path."""
    file = tmp_path / "streams.json"
    paths = {"/ticks": {"get": {"responses": STREAM}}}
    whole = {"openapi": "3.2.0", "info": {}, "servers": [{"url": "/v2"}], "paths": paths, "components": KEY}
    file.write_text(json.dumps(whole), encoding="utf-8")
    return file


@pytest.mark.parametrize(("url", "path"), [("http://x", "/v2/ticks"), ("http://x/api/v2", "/ticks")])
def test_the_path_of_the_server_counts_once(url: str, path: str, file: Path) -> None:
    assert open_contract(file, url).operations["get /ticks"].path == path


def test_a_credential_for_an_unknown_scheme_is_told_in_words(file: Path) -> None:
    with pytest.raises(OperatorError, match=r"--credential token=…: .* has no such security scheme; it has key"):
        open_contract(file, "http://x", ["token"])


def ticks(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
    """Answer with a stream that goes on, under no path but the plain one."""
    if request.path != "/ticks":
        return ReceivedResponse(404)
    headers = (("content-type", "text/event-stream"),)
    return ReceivedResponse(200, headers, b"" if request.method == "HEAD" else b"data: 1\n\n", "endless")


def test_a_target_may_serve_the_operations_without_the_path_and_a_stream_may_go_on(file: Path) -> None:
    done = Runner(RunSettings("http://x", PROFILES["paid"], "k", file), send=ticks, sleep=lambda seconds: None).run()
    assert done.results.of("broken", "error") == []
    assert done.notes == [
        "The target serves the document's operations without /v2.",
        "Operations: 1 of 1 answered with a success.",
    ]
    assert done.stopped == ""


def client(send: Any) -> Client:
    """Return a client of a document with one operation."""
    paths = {"/pets": {"get": {"responses": {"200": {"description": ""}}}}}
    document = ContractDocument(json.dumps({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}))
    ignore: Any = lambda *_: None  # noqa: E731 - nothing is recorded here
    return Client(document, Target("k"), send, ignore, ignore, lambda: 0.0, ignore)


def test_what_stops_the_run_stops_the_generated_requests() -> None:
    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        raise NotExaminable("the account is empty")

    with pytest.raises(NotExaminable, match="the account is empty"):
        list(explore(client(send), Amount(coverage=True, fuzzing=0, sequences=0, seconds=9)))


def test_generated_requests_that_take_too_long_are_left_and_told() -> None:
    seen: list[CheckedExchange] = []
    amount = Amount(coverage=True, fuzzing=0, sequences=0, seconds=0)
    with pytest.raises(NotExaminable, match="0 s were not enough"):
        seen += (each.exchange for each in explore(client(lambda request, pieces=1: ReceivedResponse(200)), amount))
    assert len(seen) <= 1
