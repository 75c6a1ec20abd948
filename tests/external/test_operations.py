"""The operations of an external document beside those of the gateway."""

from pathlib import Path

import pytest

from mockserver.files.external_document import add_external, load_external
from tests.support.engine import contract
from tests.support.external import FOLDER, Client, answer, serve


def test_methods_that_3_2_adds_are_served(tmp_path: Path) -> None:
    ok = {"responses": {"200": {"description": "ok"}}}
    engine = serve(tmp_path, {"paths": {"/a": {"query": ok, "additionalOperations": {"COPY": ok}}}})
    assert answer(engine, "QUERY", "/a").status == 200
    assert answer(engine, "COPY", "/a").status == 200
    assert answer(engine, "GET", "/a").headers["allow"] == "COPY, QUERY"


def test_the_gateways_operation_wins_and_the_startup_lines_say_so() -> None:
    joined, lines = add_external(contract(), load_external(FOLDER / "areas.yaml", contract().names))
    assert lines == [
        "Contract: Product areas 2026-11, 6 operations, such as GET /api/v1/notifications.",
        "Not served, because the gateway has the same operation: GET /api/v1/auth/me.",
    ]
    assert "email" in Client("areas").ask("GET", "/api/v1/auth/me").json
    assert "delete /auth/login" in joined.names, "an operationId of the gateway's keeps its meaning"
    assert Client("areas").ask("PUT", "/api/v1/auth/login").headers["allow"] == "DELETE, POST"


@pytest.mark.parametrize(
    ("url", "path"), [("https://[broken", "/a"), ("https://x.example/v1/", "/v1/a"), ("v2", "/v2/a")]
)
def test_an_operation_is_served_under_the_path_of_its_server(tmp_path: Path, url: str, path: str) -> None:
    ok = {"responses": {"200": {"description": "ok"}}}
    engine = serve(tmp_path, {"servers": [{"url": url}], "paths": {"/a": {"get": ok}}})
    assert answer(engine, "GET", path).status == 200
