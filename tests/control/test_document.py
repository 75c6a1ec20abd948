"""The OpenAPI document of the control API: valid, complete, and true for generated requests."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import checks

from mockserver.control import PREFIX
from tests.control.all_routes import every_route
from tests.control.support import PATIENCE, TOKEN, ControlJson, Served, serving, shipped_files
from tests.support.engine import turns
from tests.support.properties import examples

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
"""No check that valid bodies are accepted: a scenario can fit the schema and still be invalid."""

STREAMS = f"{PREFIX}/traffic"
"""This call does not end by itself; `test_feed` tests it."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    played = turns("  - {reply: hi, times: always}")
    with serving(played, playing="test", files=shipped_files()) as found:
        for name in ("a", "1"):
            found.ask("Hello", headers={"x-mock-session": name})
        yield found


@pytest.fixture(scope="module")
def document(served: Served) -> ControlJson:
    return served.get("/openapi.json")


def operations(document: ControlJson) -> list[tuple[str, str, ControlJson]]:
    return [(method, path, one) for path, ways in document["paths"].items() for method, one in ways.items()]


def test_it_is_valid(document: ControlJson) -> None:
    validate(document)


def test_it_has_every_route_but_the_page_and_itself(served: Served, document: ControlJson) -> None:
    described = {(method.upper(), re.sub(r"\{\w+\}", "*", path)) for method, path, _ in operations(document)}
    names = {"a", "1", "curl"}
    known = {
        (method, re.sub(rf"/({'|'.join(names)})(?=/|$)", "/*", path))
        for method, path in every_route()
        if not path.startswith((f"{PREFIX}/page/", f"{PREFIX}/openapi.json")) and path != f"{PREFIX}/"
    }
    assert described == known


def test_every_operation_says_in_words_what_it_does_and_how_it_refuses(document: ControlJson) -> None:
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(ids)) == len(ids)
    for method, path, one in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", one["operationId"]), (method, path)
        assert one["summary"], (method, path)
        assert one["description"].rstrip().endswith("."), (method, path)
        assert {"400", "401", "403", "404", "409", "413", "421", "422", "500", "503"} <= set(one["responses"])
        assert one["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorShape")


def test_nothing_in_it_asks_for_a_file_a_program_or_an_address(document: ControlJson) -> None:
    names = set(re.findall(r'"([a-z_]+)": \{"(?:type|anyOf)', str(document).replace("'", '"')))
    assert "scenario" in names
    assert not {"file", "folder", "url_to", "command", "exec", "callback", "upstream"} & names


PLAIN = settings(phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))


def test_whatever_is_sent_the_answer_is_one_of_those_that_are_described(served: Served, document: ControlJson) -> None:
    schema = schemathesis.openapi.from_dict(document)
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]  # all are valid
    assert len(found) > 40
    headers, sent = {"authorization": f"Bearer {TOKEN}"}, list[str]()

    def examine(operation: Any) -> None:  # Any: schemathesis has no public name for it
        @settings(
            max_examples=examples(7), phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            sent.append(operation.path)
            answer = case.call(base_url=served.url, headers=headers, timeout=PATIENCE)
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            case.validate_response(answer, checks=CHECKS)

        one()

    finite = [operation for operation in found if operation.path != STREAMS]
    for operation in finite:
        examine(operation)
    assert list(served.app.failures) == []
    assert set(sent) == {operation.path for operation in finite}


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
bodies = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(max_examples=examples(30))
@given(bodies)
def test_no_body_is_a_failure_of_ours(served: Served, document: ControlJson, body: ControlJson) -> None:
    content, kind = json.dumps(body).encode(), {"content-type": "application/json"}
    for method, path, one in operations(document):
        if "requestBody" in one:
            filled = re.sub(r"\{\w+\}", "1", path).removeprefix(PREFIX)
            answer = served.control.request(method, filled, content=content, headers=kind)
            assert answer.status_code < 500, (path, body)
