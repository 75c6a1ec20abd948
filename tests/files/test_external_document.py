"""External documents from disk: what is read, and how every mistake is reported."""

import json
import sys
from pathlib import Path

import pytest

from mockserver.core.errors import AuthorError, OperatorError
from mockserver.files.external_document import ExternalContract, load_external
from tests.support.external import FOLDER, tree

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
OK = "responses: {200: {description: ok}}"


def load(folder: Path, text: str, **others: str) -> ExternalContract:
    """Load a document of this text, with other files in its folder."""
    for name, content in others.items():
        (folder / f"{name}.yaml").write_text(content)
    file = folder / "api.yaml"
    file.write_text(text)
    return load_external(file)


def problems(folder: Path, text: str, **others: str) -> list[str]:
    """Return the problems of a document as lines: `file:line:column: path: message`."""
    with pytest.raises(AuthorError) as caught:
        load(folder, text, **others)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


# Mistake | text | the beginning of the reported line
WRONG = [
    ("not a mapping", "[1, 2]", "api.yaml:1:1: not an OpenAPI document: expected a mapping"),
    ("no version", "scenario: x", "api.yaml:1:1: not an OpenAPI document: 'openapi: 3.1.0' is missing"),
    ("Swagger", "swagger: '2.0'", "api.yaml:1:1: swagger: Swagger 2.0 is not supported; convert the document"),
    ("a strange version", "openapi: 4.0.0", "api.yaml:1:10: openapi: unsupported OpenAPI version; use 3.0, 3.1 or 3.2"),
    ("no YAML", "openapi: {", "api.yaml:1:11: the file ends inside a [ or {; close it"),
    ("no info", "openapi: 3.1.0\npaths: {}", "api.yaml:1:1: 'info' is missing"),
    (
        "a misspelt key",
        HEAD + "paths:\n  /a:\n    get: {respones: {}}",
        "api.yaml:5:11: paths['/a'].get.respones: unknown key 'respones'; did you mean 'responses'?",
    ),
    (
        "a misspelt key in 3.0",
        HEAD.replace("3.1", "3.0") + "paths:\n  /a:\n    get: {respones: {}, responses: {200: {description: ok}}}",
        "api.yaml:5:11: paths['/a'].get.respones: unknown key 'respones'; did you mean 'responses'?",
    ),
    (
        "an unknown type in 3.0",
        HEAD.replace("3.1", "3.0") + "paths: {}\ncomponents:\n  schemas:\n    A: {type: strin}",
        "api.yaml:6:15: components.schemas.A.type: ",
    ),
    (
        "an unknown type in 3.1",
        HEAD + "components:\n  schemas:\n    A: {properties: {b: {type: strin}}}",
        "api.yaml:5:32: components.schemas.A.properties.b.type: unknown type 'strin'; did you mean 'string'?",
    ),
    (
        "an invalid pattern",
        HEAD + "components:\n  schemas:\n    A: {pattern: '['}",
        "api.yaml:5:18: components.schemas.A.pattern: not a valid regular expression",
    ),
    (
        "a dangling reference",
        HEAD + "components:\n  schemas:\n    Pet: {}\n    B: {$ref: '#/components/schemas/Pett'}",
        "api.yaml:6:15: components.schemas.B['$ref']: '#/components/schemas/Pett' cannot be resolved: "
        "there is no 'Pett'; did you mean 'Pet'?",
    ),
    (
        "a remote reference",
        HEAD + "components:\n  schemas:\n    B: {$ref: 'https://example.com/b.json#/B'}",
        "api.yaml:5:15: components.schemas.B['$ref']: 'https://example.com/b.json#/B' is not fetched; save a copy",
    ),
    (
        "a reference out of the folder",
        HEAD + "components:\n  schemas:\n    B: {$ref: '../b.yaml'}",
        "api.yaml:5:15: components.schemas.B['$ref']: '../b.yaml' leads out of the folder",
    ),
    (
        "an absolute reference",
        HEAD + "components:\n  schemas:\n    B: {$ref: '/etc/passwd'}",
        "api.yaml:5:15: components.schemas.B['$ref']: '/etc/passwd' is not fetched",
    ),
    (
        "a file that is not there",
        HEAD + "components:\n  schemas:\n    B: {$ref: 'b.yaml'}",
        "api.yaml:5:15: components.schemas.B['$ref']: there is no file 'b.yaml'",
    ),
    (
        "a circle of references",
        HEAD + "paths:\n  /a: {$ref: '#/paths/~1a'}",
        "api.yaml:4:14: paths['/a']['$ref']: '#/paths/~1a' cannot be resolved: circular reference",
    ),
    (
        "a parameter that is not declared",
        HEAD + "paths:\n  /a/{id}:\n    get: {" + OK + "}",
        "api.yaml:5:10: paths['/a/{id}'].get: the path contains {id}, but no path parameter 'id' is declared",
    ),
    (
        "a parameter that is not in the path",
        HEAD + "paths:\n  /a/{id}:\n    parameters: [{name: id, in: path, required: true, schema: {}}, "
        "{name: ids, in: path, required: true, schema: {}}]\n    get: {" + OK + "}",
        "api.yaml:6:10: paths['/a/{id}'].get: the path parameter 'ids' is not in the path; did you mean 'id'?",
    ),
    (
        "a parameter that the path has twice",
        HEAD + "paths:\n  /a/{id}/{id}:\n    parameters: [{name: id, in: path, required: true, schema: {}}]\n"
        "    get: {" + OK + "}",
        "api.yaml:6:10: paths['/a/{id}/{id}'].get: the path contains {id} more than once",
    ),
    (
        "a reference to something other than a schema",
        HEAD + "paths:\n  /a:\n    get: {" + OK + ", "
        "requestBody: {content: {application/json: {schema: {$ref: '#/info/title'}}}}}",
        "api.yaml:5:10: paths['/a'].get: this operation cannot be used: ",
    ),
    (
        "an operationId that comes twice",
        HEAD + "paths:\n  /a:\n    get: {operationId: x, " + OK + "}\n    put: {operationId: x, " + OK + "}",
        "api.yaml:6:24: paths['/a'].put.operationId: GET /a already has the operationId 'x'",
    ),
    (
        "a value far inside one of many forms",
        HEAD.replace("3.1.0", "3.0.3")
        + "paths: {}\ncomponents:\n  securitySchemes:\n    key: {type: oauth2, flows: {implicit: {scopes: 3}}}",
        "api.yaml:6:52: components.securitySchemes.key.flows.implicit.scopes: 3 is not of type",
    ),
    (
        "a security scheme that is not there",
        HEAD + "security: [{kay: []}]\ncomponents:\n  securitySchemes: {key: {type: http, scheme: bearer}}",
        "api.yaml:3:13: security[0].kay: no security scheme is called 'kay'; did you mean 'key'?",
    ),
]


@pytest.mark.parametrize(("text", "line"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    assert any(problem.startswith(line) for problem in problems(tmp_path, text)), problems(tmp_path, text)


def test_all_mistakes_are_reported_in_one_pass(tmp_path: Path) -> None:
    text = (
        HEAD + "paths:\n  /a/{x}:\n    get: {operationId: a, " + OK + "}\n  /b:\n    get: {operationId: a, " + OK + "}"
    )
    assert len(problems(tmp_path, text)) == 2


def test_a_mistake_in_json_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "T"}, "paths": {}}, indent=2))
    with pytest.raises(AuthorError) as caught:
        load_external(file)
    assert str(caught.value) == f"{file}:3:11: info: 'version' is missing"


def test_json_and_yaml_give_the_same_operations(tmp_path: Path) -> None:
    for name in ("petstore", "areas"):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(tree(name)))
        found, expected = load_external(file), load_external(FOLDER / f"{name}.yaml")
        assert [(one.name, one.method, one.path) for one in found.operations] == [
            (one.name, one.method, one.path) for one in expected.operations
        ]


def test_other_files_of_the_folder_are_read_and_lead_on(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "pet.yaml").write_text("Pet: {type: object, properties: {toy: {$ref: '../toy.yaml'}}}")
    text = HEAD + (
        "paths:\n  /a:\n    get:\n      responses:\n        200:\n          description: ok\n"
        "          content: {application/json: {schema: {$ref: 'parts/pet.yaml#/Pet'}}}"
    )
    assert len(load(tmp_path, text, toy="{type: string, enum: [ball]}").operations) == 1


def test_a_link_out_of_the_folder_is_not_inside(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("{type: string}")
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(secret)
    assert "leads out of the folder" in problems(folder, HEAD + "components: {schemas: {A: {$ref: link.yaml}}}")[0]


def test_a_mistake_in_json_that_is_not_yaml_has_no_line(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text('{\n\t"openapi": "3.1.0",\n\t"info": {"title": "T"}, "paths": {}\n}')
    with pytest.raises(AuthorError) as caught:
        load_external(file)
    assert str(caught.value).startswith(f"{file}:")
    assert "info: 'version' is missing" in str(caught.value)


def test_a_document_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text('{"a":' * 500 + "1" + "}" * 500)
    with pytest.raises(AuthorError, match="nested deeper than"):
        load_external(file)


def test_a_name_that_no_file_can_have_is_outside(tmp_path: Path) -> None:
    line = problems(tmp_path, HEAD + "components: {schemas: {A: {$ref: 'a%00b'}}}")[0]
    assert "leads out of the folder" in line


def test_a_file_that_is_referred_to_twice_is_read_once(tmp_path: Path) -> None:
    schemas = "components: {schemas: {A: {$ref: b.yaml}, B: {$ref: b.yaml}}}"
    assert load(tmp_path, HEAD + schemas, b="{type: string}").operations == ()


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", str(tmp_path / "api.yaml"))

    (tmp_path / "api.yaml").write_text("{}")
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(OperatorError, match="cannot be read: Input/output error"):
        load_external(tmp_path / "api.yaml")


def test_a_document_needs_the_schemas_of_openapi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openapi_spec_validator", None)
    with pytest.raises(OperatorError, match="needs the openapi-spec-validator package"):
        load(tmp_path, HEAD)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="file not found"):
        load_external(tmp_path / "none.yaml")


@pytest.mark.parametrize("start", [b"{", b"# "])
def test_a_document_beyond_the_bound_is_refused(tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "api.yaml"
    file.write_bytes(start + b" " * (10 * 1024 * 1024))
    with pytest.raises(AuthorError, match="larger than 10 MiB"):
        load_external(file)


def test_data_that_looks_like_a_reference_is_data(tmp_path: Path) -> None:
    text = (
        HEAD + "components: {schemas: {A: {properties: {example: {}}, example: {$ref: nowhere}, default: {$ref: no}}}}"
    )
    assert load(tmp_path, text).operations == ()


def test_what_programs_write_is_read(tmp_path: Path) -> None:
    text = (
        HEAD
        + "components: {schemas: {A: {minimum: -9223372036854776000, enum: [2020-01-01, yes, 12]}}}\npaths:\n  /a:\n"
    )
    assert len(load(tmp_path, text + "    get: {" + OK + "}").operations) == 1


# servers | the base paths
SERVERS = [
    ("", ["/a"]),
    ("servers: [{url: /}]", ["/a"]),
    ("servers: [{url: 'https://x.example/v1/'}, {url: /v2}]", ["/v1/a", "/v2/a"]),
    ("servers: [{url: './v3'}]", ["/v3/a"]),
    ("servers: [{url: 'https://{h}/{b}', variables: {h: {default: x}, b: {default: v4}}}]", ["/v4/a"]),
]


@pytest.mark.parametrize(("servers", "paths"), SERVERS)
def test_operations_stand_under_the_base_paths_of_their_servers(tmp_path: Path, servers: str, paths: list[str]) -> None:
    found = load(tmp_path, HEAD + servers + "\npaths:\n  /a:\n    get: {" + OK + "}")
    assert [one.path for one in found.operations] == paths
    assert {one.name for one in found.operations} == {"get /a"}
