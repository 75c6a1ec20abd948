"""`contract diff` as a command: exit codes, and files that are no documents."""

from pathlib import Path

import pytest

from mockserver.files.bundled import OPENAPI
from tests.gate.support import command

ITSELF = """
openapi: 3.1.0
paths:
  /a: {post: {responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}}}}
components:
  schemas:
    A: {allOf: [{$ref: "#/components/schemas/A"}], properties: {x: {type: TYPE}, a: {$ref: "#/components/schemas/A"}}}
"""


def test_the_contract_is_compatible_with_itself() -> None:
    done = command("diff", str(OPENAPI), str(OPENAPI))
    assert (done.exit_code, done.output) == (0, "no change that a client can notice\n")


def test_a_schema_that_contains_itself_is_compared(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(ITSELF.replace("TYPE", "string"))
    new.write_text(ITSELF.replace("TYPE", "integer"))
    done = command("diff", str(old), str(new))
    assert done.exit_code == 1
    assert "breaking  POST /a 200 application/json.x: " in done.output


def test_risky_changes_fail_only_if_asked_to(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text('{openapi: 3.1.0, paths: {/a: {get: {responses: {"200": {}}}}}}')
    new.write_text('{openapi: 3.1.0, paths: {/a: {get: {responses: {"200": {}, "429": {}}}}}}')
    assert command("diff", str(old), str(new)).exit_code == 0
    assert command("diff", str(old), str(new), "--fail-on", "risky").exit_code == 1


BROKEN = {
    "a list of paths": b"{openapi: 3.1.0, paths: [1]}",
    "a parameter without a place": b"{openapi: 3.1.0, paths: {/a: {get: {parameters: [{name: x}], responses: {}}}}}",
    "half a document": b"{openapi: ",
    "no text": b"\xff\xfe\x00",
    "another kind of document": b"swagger: '2.0'",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_document_is_said_in_words(content: bytes, tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text("{openapi: 3.1.0, paths: {/a: {get: {responses: {}}}}}")
    new.write_bytes(content)
    for one, other in ((old, new), (new, old)):
        done = command("diff", str(one), str(other))
        assert done.exit_code == 2, done.output
        assert done.output.startswith("mockserver: ")
    done = command("http://127.0.0.1:1", "--contract", str(new), "--quiet")
    assert done.exit_code == 2
    assert "cannot be used as the contract" in done.output
