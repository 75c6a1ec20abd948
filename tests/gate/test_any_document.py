"""`--contract FILE` takes any OpenAPI document: the requests come from its examples and schemas."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.contracts.promises import PROMISES
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import serving
from mockserver.gate.runner import GateRun, Runner, RunSettings
from tests.support.petstore import petstore
from tools.mutants.pets import DOCUMENT, Fault, store


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """Write the document of the store of pets."""
    file = tmp_path / "pets.json"
    file.write_text(DOCUMENT, encoding="utf-8")
    return file


def run(contract: Path, fault: Fault | None = None) -> GateRun:
    """Run the gate against the store of pets."""
    with serving(store(fault) if fault is not None else store()) as url:
        return Runner(RunSettings(url, PROFILES["smoke"], "key", contract)).run()


def test_a_sound_store_keeps_what_its_document_says(contract: Path) -> None:
    done = run(contract)
    assert done.results.of("broken", "error") == []
    kept = {entry.name for entry in done.results.of("kept")}
    assert kept >= {"known-status", "body-schema", "examples-accepted", "created-found", "missing-field", "wrong-type"}
    assert done.exit_code == 0


def test_only_promises_of_any_document_are_in_force(contract: Path) -> None:
    assert set(run(contract).results.entries) == {name for name, one in PROMISES.items() if "HTTP" in one.sources}


def accepts_all(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer an invalid request as if it were valid."""
    return (201, {"id": "p9", "name": "Rex", "age": 3}) if status == 422 else (status, body)


def of_another_type(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer a pet whose age is a text."""
    return (status, body | {"age": "three"}) if status == 201 else (status, body)


def undocumented(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer a status that no document lists."""
    return (299, body) if request.method == "GET" else (status, body)


def refuses_examples(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Refuse what the document shows."""
    return (422, {"detail": "no"}) if status == 201 else (status, body)


def keeps_the_deleted(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer a pet that is gone."""
    is_gone = request.method == "GET" and status == 404
    return (200, {"id": "p1", "name": "Rex", "age": 3}) if is_gone else (status, body)


@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        (accepts_all, "missing-field"),
        (accepts_all, "wrong-type"),
        (accepts_all, "invalid-json"),
        (of_another_type, "body-schema"),
        (undocumented, "known-status"),
        (refuses_examples, "examples-accepted"),
        (keeps_the_deleted, "created-found"),
    ],
)
def test_a_fault_breaks_its_promise(contract: Path, fault: Fault, promise: str) -> None:
    assert run(contract, fault).results.entries[promise].state == "broken"


def test_a_store_made_with_fastapi_keeps_its_own_document(tmp_path: Path) -> None:
    app, file = petstore(), tmp_path / "openapi.json"
    file.write_text(json.dumps(app.openapi()), encoding="utf-8")
    browser = TestClient(app)

    def send(request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        got = browser.request(request.method, request.path, headers=dict(request.headers), content=request.body)
        return ReceivedResponse(got.status_code, tuple(got.headers.items()), got.content)

    done = Runner(RunSettings("http://x", PROFILES["full"], "key", file), send=send).run()
    assert [entry.name for entry in done.results.of("broken", "error", "not examined")] == []
