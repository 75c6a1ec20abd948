"""`--contract FILE` takes any OpenAPI document: the requests come from its examples and schemas."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.contracts.promises import PROMISES
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import serving
from mockserver.gate.runner import GateRun, Runner, RunSettings
from tests.gate.test_dialect import PlainGateway
from tests.support.asgi_app import sender
from tests.support.petstore import KEY as PET_KEY
from tests.support.petstore import petstore
from tools.mutants.pets import DOCUMENT, KEY, Fault, store

SHOWN = replace(PROFILES["smoke"], probes="paid")
"""Only what the document shows, without what schemathesis makes of it."""

WHOLE = PROFILES["smoke"]


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """Write the document of the store of pets."""
    file = tmp_path / "pets.json"
    file.write_text(DOCUMENT, encoding="utf-8")
    return file


def run(contract: Path, fault: Fault | None = None, key: str = KEY) -> GateRun:
    """Run the gate against the store of pets."""
    with serving(store(fault) if fault is not None else store()) as url:
        return Runner(RunSettings(url, SHOWN, key, contract)).run()


def names(entries: Iterable[Any]) -> set[str]:
    """Return the names of results."""
    return {entry.name for entry in entries}


def test_a_sound_store_keeps_what_its_document_says(contract: Path) -> None:
    with serving(store()) as url:
        done = Runner(RunSettings(url, WHOLE, KEY, contract)).run()
    assert done.results.of("broken", "error") == []
    left = {"generated-valid", "generated-invalid"}  # only the profile full generates
    assert names(done.results.of("not examined", "not offered")) == left
    assert done.exit_code == 0


def test_only_promises_of_any_document_are_in_force(contract: Path) -> None:
    assert set(run(contract).results.entries) == {name for name, one in PROMISES.items() if "HTTP" in one.sources}


def test_reports_of_another_document_name_none_of_the_gateways(contract: Path) -> None:
    assert {entry.promise.source for entry in run(contract).results.entries.values()} == {"HTTP"}


def accepts_all(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer an invalid request as if it were valid."""
    return (201, {"id": "p9", "name": "Rex", "age": 3}) if status == 422 else (status, body)


def of_another_type(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer a pet whose age is a text."""
    return (status, body | {"age": "three"}) if status == 201 else (status, body)


def undocumented(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Answer a status that no document lists."""
    return (299, body) if request.method == "GET" and status == 200 else (status, body)


def refuses_examples(request: SentRequest, status: int, body: Any) -> tuple[int, Any]:
    """Refuse what the document shows."""
    return (422, {"detail": "no"}) if status == 201 else (status, body)


@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        (accepts_all, "missing-field"),
        (accepts_all, "wrong-type"),
        (accepts_all, "invalid-json"),
        (of_another_type, "body-schema"),
        (undocumented, "known-status"),
        (refuses_examples, "examples-accepted"),
    ],
)
def test_a_fault_breaks_its_promise(contract: Path, fault: Fault, promise: str) -> None:
    assert run(contract, fault).results.entries[promise].state == "broken"


def examined(fault: str, tmp_path: Path, profile: Any = SHOWN) -> GateRun:
    """Run the gate against a store made with FastAPI, by the document that FastAPI writes."""
    app, file = petstore(fault), tmp_path / "openapi.json"
    file.write_text(json.dumps(app.openapi()), encoding="utf-8")
    with sender(app) as send:
        return Runner(RunSettings("http://x", profile, PET_KEY, file), send=send).run()


def test_a_right_store_made_with_fastapi_keeps_every_promise(tmp_path: Path) -> None:
    done = examined("", tmp_path, PROFILES["full"])
    in_bytes = {
        "one-request-one-answer",
        "framing-refused",
        "host-required",
        "absolute-target",
    }  # nothing in memory reads bytes
    assert names(done.results.of("broken", "error", "not examined", "not offered")) == in_bytes
    assert done.notes == ["Operations: 12 of 12 answered with a success."]
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("fault", "promises", "profile"),
    [
        ("500-on-a-boundary", "no-server-error", WHOLE),
        ("boundary-refused", "boundary-accepted", WHOLE),
        ("event-of-another-type", "event-schema", WHOLE),
        ("wrong-media-type", "known-media-type", SHOWN),
        ("auth-not-checked", "auth-missing auth-wrong", SHOWN),
        ("any-key", "auth-wrong", SHOWN),
        ("any-query-key", "auth-wrong", SHOWN),
        ("created-is-not-found", "created-found links-followed", SHOWN),
        ("link-leads-nowhere", "links-followed", SHOWN),
        ("link-without-value", "links-followed", SHOWN),
        ("put-stores-nothing", "put-stored", SHOWN),
        ("put-adds-another", "idempotent-methods", SHOWN),
        ("patch-replaces", "patch-keeps-rest", SHOWN),
        ("delete-keeps", "deleted-gone", SHOWN),
    ],
)
def test_a_store_that_is_wrong_in_one_way_breaks_that_promise_alone(
    fault: str, promises: str, profile: Any, tmp_path: Path
) -> None:
    assert names(examined(fault, tmp_path, profile).results.of("broken")) == set(promises.split())


# What a run must have seen


def test_a_run_without_the_right_credential_is_unfinished(contract: Path) -> None:
    done = run(contract, key="sk_of_nobody_0123")
    assert done.exit_code == 3
    assert done.notes[-1].startswith("Operations: 0 of 7 answered with a success; status 401: GET /pets, POST /pets, ")
    assert done.gaps[0] == "Only 0 of 7 operations of the document answered with a success."
    assert "--key KEY, or --credential SCHEME=KEY" in done.gaps[1]


def test_a_scheme_may_have_a_credential_of_its_own(contract: Path) -> None:
    with serving(store()) as url:
        done = Runner(RunSettings(url, SHOWN, "sk_of_nobody_0123", contract, keys={"key": KEY})).run()
    assert done.exit_code == 0


def test_an_operation_without_examples_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bare.json"
    paths = {f"/{name}/{{id}}": {"get": {"responses": {"200": {"description": ""}}}} for name in "ab"}
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {}, "paths": paths}), encoding="utf-8")
    done = Runner(RunSettings("http://x", SHOWN, "k", file), send=lambda request, pieces=1: ReceivedResponse(404)).run()
    assert done.notes == [
        "Operations: 0 of 2 answered with a success; "
        "not called, because the document shows no example: GET /a/{id}, GET /b/{id}."
    ]
    assert done.gaps[-1] == "Give the document examples of the parameters and bodies that its operations need."


# What speaks a wire

CHAT = {"type": "object", "properties": {"model": {"type": "string"}, "messages": {"type": "array"}}}


def spoken(path: str, schema: Any, tmp_path: Path) -> Path:
    """Write a document with one operation that nobody gave a name."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}}
    post = {"requestBody": body, "responses": {"200": {"description": ""}, "default": {"description": ""}}}
    file = tmp_path / "spoken.json"
    whole = {"paths": {path: {"post": post}}, "components": {"schemas": {"Request": schema}}}
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {}, **whole}), encoding="utf-8")
    return file


def test_an_operation_that_speaks_a_wire_is_held_to_the_wire_on_its_own_path(tmp_path: Path) -> None:
    gateway = PlainGateway("/llm/v2")
    file = spoken("/llm/v2/chat/completions", {"allOf": [CHAT]}, tmp_path)
    done = Runner(RunSettings("http://x", SHOWN, "sk_test_key", file), send=gateway).run()
    kept = names(done.results.of("kept"))
    assert kept >= {"one-choice", "usage-adds-up", "known-media-type"}
    assert done.results.entries["messages-start"].state == "not offered"
    assert "chat-role-once" in names(done.results.of("not offered"))
    assert {request.path for request in gateway.asked if request.method == "POST"} >= {"/llm/v2/chat/completions"}
    assert done.notes[0].startswith("POST /llm/v2/chat/completions speaks the wire of openai, here with small:")


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/chat/messages", CHAT),  # a chat program, without max_tokens
        ("/chat/completions", {"type": "object", "properties": {"prompt": {}}}),
        ("/pets", CHAT),
    ],
)
def test_what_has_another_path_or_shape_speaks_no_wire(path: str, schema: Any, tmp_path: Path) -> None:
    file = spoken(path, schema, tmp_path)
    send = lambda request, pieces=1: ReceivedResponse(200)  # noqa: E731 - every answer is the same
    assert "one-choice" not in Runner(RunSettings("http://x", SHOWN, "k", file), send=send).run().results.entries
