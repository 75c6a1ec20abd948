"""The suite as a whole: independent of the mock, complete, and needed."""

import ast
from pathlib import Path

import pytest

from mockserver.contracts import generated_requests
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY
from mockserver.contracts.promises import CREDENTIALS, PROMISES
from mockserver.contracts.suite import CHECKS, PROBES, probe_cases
from mockserver.files.bundled import OPENAPI
from mockserver.gate import contract_diff, relay
from mockserver.gate.proxy import CheckingProxy
from mockserver.gate.reports.curl import curl
from tests.gate.support import MESSAGES, document, reference_gateway
from tools.mutants.catalogue import MUTANTS, examine

CONTRACTS = Path(OPENAPI).parent / "contracts"
DOORS = {"hooks.py", "conftest.py", "test_gateway.py"}
"""The entry points through which pytest and schemathesis start the gate."""


@pytest.mark.parametrize("file", sorted(CONTRACTS.rglob("*.py")), ids=lambda file: file.name)
def test_the_checks_know_nothing_of_the_mock(file: Path) -> None:
    names = [
        node.module or ""
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    ]
    inside = {name.split(".")[1] for name in names if name.startswith("mockserver")}
    assert inside <= {"contracts"} | ({"core", "gate"} if file.name in DOORS else set())


def test_every_promise_has_a_judge_or_a_scene() -> None:
    assert list(probe_cases("full"))
    examined = set(CHECKS) | {name for act in PROBES for name in act.promises}
    assert set(PROMISES) == examined
    assert {promise.needs for promise in PROMISES.values() if promise.needs} <= set(CREDENTIALS)


def test_every_source_is_one_of_the_documents() -> None:
    assert {source for promise in PROMISES.values() for source in promise.sources} <= {
        *("D0", "D1", "D2", "D3", "D4", "OBS", "SDK", "WIRE", "HTTP", "RFC")
    }


def test_there_are_many_mutants_of_every_family() -> None:
    assert len(MUTANTS) >= 80
    wanted = {"status", "header", "envelope", "field", "type", "order", "arithmetic", "auth", "money", "time"}
    assert wanted | {"framing", "concurrency"} <= {mutant.family for mutant in MUTANTS.values()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "promise"),
    [
        ("unauthorized-is-403", "auth-missing"),
        ("retry-after-float", "retry-after"),
        ("no-block-stop", "messages-blocks"),
        ("no-done", "chat-done"),
        ("tool-choice-ignored", "tool-forced"),
        ("byok-costs", "byok-is-free"),
        ("logout-without-effect", "logout"),
        ("stream-cut", "body-complete"),
    ],
)
def test_smoke_catches_a_mutant(mutant: str, promise: str) -> None:
    assert promise in examine(mutant, "smoke")[2]


def test_generated_requests_come_from_the_seed_and_are_sorted_by_validity() -> None:
    first = list(generated_requests._make(document(), 3, 2, ["chat"]))
    again = list(generated_requests._make(document(), 3, 2, ["chat"]))
    assert [body for _, body, _ in first] == [body for _, body, _ in again]
    for operation, body, valid in first:
        assert operation.request is not None
        assert (operation.request.problems(body) == []) is valid


def test_a_tame_request_has_nothing_with_rules_beyond_the_schema() -> None:
    blocks = [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, "b"]
    body = {"system": blocks, "cache_control": {"type": "ephemeral"}, "messages": [], "tools": []}
    tame = generated_requests.tamed(document().operations["messages"], body)
    assert tame["system"] == [{"type": "text", "text": "a"}, "b"]
    assert set(tame) == {"system", "messages", "model"}


def test_a_curl_command_hides_the_credential_and_nothing_else() -> None:
    request = SentRequest("POST", MESSAGES, {"x-api-key": "sk_live_1"}, b'{"max_tokens": 5, "password": "hunter2"}')
    command = curl("http://x", request)
    assert '-H "x-api-key: $KEY"' in command
    assert '"max_tokens": 5' in command
    assert "sk_live_1" not in command
    assert "hunter2" not in command
    refused = curl("http://x", SentRequest("GET", "/v1/models", {"authorization": f"Bearer {ANTHROPIC_KEY}"}))
    assert f"Bearer {ANTHROPIC_KEY}" in refused


def test_the_proxy_changes_nothing_and_tells_what_is_broken() -> None:
    reported: list[tuple[int, list[str]]] = []
    body = b'{"model": "qwen-7b", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'
    with reference_gateway() as (url, _):
        watcher = CheckingProxy(
            url,
            OPENAPI,
            lambda proxy, deviations, _: reported.append((proxy.response.status, [f.promise for f in deviations])),
        )

        def broken_gateway(request: SentRequest) -> relay.Outgoing:
            status, headers, pieces = relay.Upstream(url).open(request)
            return relay.Outgoing(status, headers, [b"".join(pieces).replace(b"event: message_stop\n", b"")])

        with relay.serving(broken_gateway) as faulty:
            second = CheckingProxy(
                faulty, OPENAPI, lambda proxy, deviations, _: reported.append((0, [f.promise for f in deviations]))
            )
            for proxy in (watcher, second):
                with relay.serving(proxy.respond) as front:
                    request = SentRequest("POST", MESSAGES, {"x-api-key": fake_key()}, body)
                    status, _, pieces = relay.Upstream(front).open(request)
                    assert status == 200
                    assert b"".join(pieces).count(b"data: ") == 7
    assert reported == [(200, []), (0, ["messages-event-name"])]


def fake_key() -> str:
    from mockserver.contracts.reference import gateway

    return gateway.KEY


OLD = {
    "openapi": "3.1.0",
    "paths": {
        "/a": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["x"],
                                "properties": {"x": {"type": "integer", "maximum": 9}, "y": {"enum": ["p", "q"]}},
                            }
                        }
                    }
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/R"}}}},
                    "404": {"description": "no"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "R": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "s": {"enum": ["a"]}}}
        }
    },
}
POST = ("paths", "/a", "post")
ASK = (*POST, "requestBody", "content", "application/json", "schema")
REPLY = ("components", "schemas", "R")


@pytest.mark.parametrize(
    ("level", "path", "value"),
    [
        ("breaking", POST, None),
        ("breaking", (*POST, "responses", "200"), None),
        ("risky", (*POST, "responses", "404"), None),
        ("risky", (*POST, "responses", "418"), {"description": "tea"}),
        ("breaking", (*ASK, "required"), ["x", "y"]),
        ("safe", (*ASK, "required"), []),
        ("breaking", (*ASK, "properties", "x", "maximum"), 5),
        ("safe", (*ASK, "properties", "x", "maximum"), 15),
        ("breaking", (*ASK, "properties", "x", "type"), "string"),
        ("safe", (*ASK, "properties", "x", "type"), ["integer", "string"]),
        ("breaking", (*ASK, "properties", "y", "enum"), ["p"]),
        ("safe", (*ASK, "properties", "y", "enum"), ["p", "q", "r"]),
        ("breaking", (*REPLY, "required"), []),
        ("risky", (*REPLY, "properties", "s", "enum"), ["a", "b"]),
        ("risky", (*REPLY, "properties", "id", "type"), ["string", "null"]),
        ("breaking", (*REPLY, "properties", "id", "type"), "integer"),
        ("safe", (*REPLY, "properties", "more"), {"type": "string"}),
        ("breaking", (*POST, "security"), [{"Key": []}]),
    ],
)
def test_a_change_of_the_document_has_its_level(level: str, path: tuple[str, ...], value: object) -> None:
    import copy
    from typing import Any

    new: Any = copy.deepcopy(OLD)
    place = new
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    assert contract_diff.compare(OLD, copy.deepcopy(OLD)) == []
    assert contract_diff.compare(OLD, new)[0].level == level
